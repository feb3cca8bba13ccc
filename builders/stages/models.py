"""Opens a build's models behind the response store, and checks them with known answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import MissingResource
from locomo_vqa.files import read_json, write_json
from locomo_vqa.models.chat import ChatModel
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import Capabilities, probe, probe_requests
from locomo_vqa.responses import ResponseStore, StoredModel, note_renewed, reject_replies

from ..build_folder import BuildFolder
from ..spending.meter import BuildMeter, BuildModel

if TYPE_CHECKING:
    from ..spreading.pool import BuildWorkers

__all__ = ["check_build_model", "open_build_model", "open_stored_model", "recorded_models"]


@asynccontextmanager
async def open_build_model(
    folder: BuildFolder,
    spec: str,
    *,
    parameter: str,
    meter: BuildMeter | None = None,
    stage: str = "check",
    workers: BuildWorkers | None = None,
) -> AsyncIterator[ChatModel]:
    """Open a model whose replies the folder stores, check that it sees, and record the findings.

    Later stages don't check a model again that passed. `parameter` is what errors call the
    model's name, `stage` what its requests are for, and `workers` who asks it; None is this
    process.
    """
    if workers is None:
        opening = open_stored_model(folder, spec, parameter=parameter, meter=meter, stage=stage)
        async with opening as stored:
            yield stored
        return
    async with workers.open_model(spec, parameter=parameter) as model:
        await _check_once(folder, spec, model)
        await workers.start_stage(parameter, stage)
        yield model
    note_renewed(model, parameter)


@asynccontextmanager
async def open_stored_model(
    folder: BuildFolder,
    spec: str,
    *,
    parameter: str,
    meter: BuildMeter | None = None,
    stage: str = "check",
) -> AsyncIterator[StoredModel]:
    """Open a model in this process; see `open_build_model`."""
    model: ChatModel = open_model(spec, parameter=parameter)
    if meter is not None:
        model = meter.open(model, spec, role=parameter, stage="check")
    try:
        with ResponseStore(folder.responses) as store:
            stored = StoredModel(model, store)
            await _check_once(folder, spec, stored)
            if isinstance(model, BuildModel):
                model.stage = stage
            yield stored
            note_renewed(stored, parameter)
    finally:
        await model.close()


async def check_build_model(
    folder: BuildFolder,
    spec: str,
    *,
    parameter: str,
    meter: BuildMeter | None = None,
    workers: BuildWorkers | None = None,
) -> None:
    """Check a model that is asked later, so that nothing is paid for if it can't be used.

    Raises:
        MissingResource: the model does not answer, or does not see.
    """
    async with open_build_model(folder, spec, parameter=parameter, meter=meter, workers=workers):
        pass


async def _check_once(folder: BuildFolder, spec: str, model: ChatModel) -> None:
    """Check a model, unless an earlier stage did, and record the findings."""
    if not _was_checked(folder, spec, model.identity()):
        found = await _check_known_answers(model)
        _record(folder, spec, {**model.identity(), "capabilities": found.to_json()})


async def _check_known_answers(model: ChatModel) -> Capabilities:
    """Ask with known answers; replies that show a blind model are not reused next time.

    Raises:
        MissingResource: the model does not answer, or does not see.
    """
    try:
        return await probe(model)
    except MissingResource:
        reject_replies(model, probe_requests())
        raise


def recorded_models(folder: BuildFolder) -> Mapping[str, Any]:
    """Return the findings on each model, by its name without credentials."""
    if not folder.models.exists():
        return {}
    models: Mapping[str, Any] = read_json(folder.models, what="the record of the models")
    return models


def _was_checked(folder: BuildFolder, spec: str, identity: Mapping[str, Any]) -> bool:
    """Return whether exactly this model was checked: same name, settings and weights."""
    known = dict(recorded_models(folder).get(hide_credentials(spec), {}))
    return known.pop("capabilities", None) is not None and known == dict(identity)


def _record(folder: BuildFolder, spec: str, facts: Mapping[str, Any]) -> None:
    write_json(folder.models, {**recorded_models(folder), hide_credentials(spec): facts})
