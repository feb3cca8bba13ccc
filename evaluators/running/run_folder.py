"""Creates, resumes and finishes a run folder."""

from __future__ import annotations

import contextlib
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from locomo_vqa._version import __version__
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.twins import TWINS_VERSION
from locomo_vqa.errors import BudgetReached, InputError, MissingResource, OutputError
from locomo_vqa.files import read_json, sha256_file, write_json, write_jsonl
from locomo_vqa.models.endpoint import provider_of
from locomo_vqa.run_seal import sealed
from locomo_vqa.runs import (
    FAILED,
    ImageMode,
    Prediction,
    SplitChoice,
    VisualMode,
    answers_sha256,
    visual_handling,
)
from locomo_vqa.schemas import validate
from locomo_vqa.system import Services
from locomo_vqa.unfinished import is_unfinished

from ..hosting.sandbox import SandboxTool
from ..loading import LoadedSystem
from .context import describe_context
from .crossing import Crossing
from .model_size import size_of_model
from .services import named_temperature
from .system_options import recorded_options

__all__ = [
    "JOURNAL",
    "begin_run",
    "describe_run",
    "finish_run",
    "is_interrupted",
    "keeping_known",
    "open_run",
]

_IDENTITY = (
    "system",
    "answerer",
    "image_handling",
    "visual_handling",
    "twins",
    "dataset.revision",
    "dataset.split",
    "limit",
    "top_k",
    "context.tokens",
    "options",
    "sandbox",
    "certificate",
    "repeat",
)
"""The entries of run.json that must be equal to resume a run in its folder.

They include the benchmark's content, but not its name, errata, or original layout.
"""

_WRITTEN_WHOLE = ("run.json", "predictions.jsonl")
"""Files that a killed process may leave behind under a hidden name."""

JOURNAL = "journal.jsonl"
"""The file that one process at a time holds open."""


def describe_run(
    system: LoadedSystem,
    benchmark: Benchmark,
    split: SplitChoice,
    images: ImageMode,
    services: Services,
    visual: VisualMode = "given",
    *,
    twins: bool = False,
    limit: int | None = None,
    top_k: int | None = None,
    sandbox: SandboxTool | None = None,
    crossing: Crossing | None = None,
) -> dict[str, Any]:
    """Return the content of run.json for a new run.

    `twins` is whether visual twins are asked, `limit` how many questions of each conversation a
    trial asks, `top_k` how many passages a system that only retrieves is asked for, `sandbox` what
    closes the system's processes off, `crossing` what a certificate's run shows.
    """
    blind = system.any_model and services.model is None
    return {
        "schema_version": 1,
        "kind": "run",
        "system": {
            "name": system.name,
            "version": system.version,
            "uses_images": system.uses_images and not blind,
            **({"source_sha256": system.source_sha256} if system.source_sha256 else {}),
        },
        "answerer": _answerer(system, services, blind),
        "image_handling": images,
        "visual_handling": visual,
        **({"twins": TWINS_VERSION} if twins else {}),
        "dataset": {
            "id": benchmark.name,
            "revision": benchmark.revision,
            "split": split,
            "sha256": sha256_file(benchmark.folder / "benchmark.json"),
        },
        "limit": limit,
        "top_k": top_k if system.only_retrieves else None,
        **describe_context(services),
        "options": recorded_options(services),
        **({"environment": list(system.variables)} if system.variables else {}),
        "sandbox": sandbox,
        **_of_certificate(crossing),
        "versions": _package_versions(),
        "git": _git_state(),
        "counts": None,
        "files": {},
    }


def _of_certificate(crossing: Crossing | None) -> dict[str, Any]:
    if crossing is None:
        return {}
    return {"certificate": {"part": crossing.part, "commitment": crossing.commitment}}


def _answerer(system: LoadedSystem, services: Services, blind: bool) -> dict[str, Any]:
    llm, model = services.llm, services.model
    scheme = (model or "").partition(":")[0]
    return {
        "model": llm.model if llm else model,
        "provider": provider_of(llm) if llm else scheme or None,
        "temperature": named_temperature(services),
        "prompt_sha256": None if blind else system.prompt_sha256,
    }


def open_run(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Create the run folder, or check that the existing one belongs to the same run.

    Raises:
        OutputError: the folder holds something else, or can't be written.
    """
    if _belongs(folder, manifest):
        return
    try:
        if folder.exists() and not (folder.is_dir() and _is_empty(folder)):
            raise OutputError(
                f"{folder}: already exists and is not a run folder.", "Choose another `out`."
            )
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_create(folder, error) from None


def begin_run(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write run.json, unless another process came first, and remove what killed ones left.

    The caller must hold the journal, so that no other process is writing there.

    Raises:
        OutputError: the other process's run is another one, or run.json can't be written.
    """
    for path in folder.iterdir():
        if _is_leftover(path):
            with contextlib.suppress(OSError):
                path.unlink()
    if not _belongs(folder, manifest):
        write_json(folder / "run.json", manifest)


def _belongs(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Return whether a folder already holds this run; raise if it holds another one."""
    try:
        if not (folder / "run.json").exists():
            return False
        _check_same(folder, manifest)
    except InputError as error:
        raise OutputError(error.message, "Choose another `out`, or remove it.") from None
    except OSError as error:
        raise _cannot_create(folder, error) from None
    return True


def _cannot_create(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{folder}: can't be created ({error.strerror or error}).", "Choose another `out`."
    )


def is_interrupted(folder: Path) -> bool:
    """Return whether a folder is of a run that began and has not finished."""
    if not (folder / "run.json").exists():
        return False
    try:
        found: dict[str, Any] = read_json(folder / "run.json", what="the run's manifest")
        return found["counts"] is None
    except (InputError, KeyError, TypeError):
        return False  # `open_run` says what is wrong with it.


def _is_empty(folder: Path) -> bool:
    """Return whether a folder has nothing but what a process that died at its start left."""
    return all(_is_leftover(path) or _is_unused_journal(path) for path in folder.iterdir())


def _is_unused_journal(path: Path) -> bool:
    return path.name in (JOURNAL, f".{JOURNAL}.lock") and path.stat().st_size == 0


def _is_leftover(path: Path) -> bool:
    return any(is_unfinished(path.name, name) for name in _WRITTEN_WHOLE)


def finish_run(
    folder: Path,
    manifest: Mapping[str, Any],
    predictions: Sequence[Prediction],
    record: Mapping[str, Any],
) -> dict[str, Any]:
    """Write predictions.jsonl, and counts and hashes to run.json; return run.json's content.

    `record` is how the answers were made; see the schema of run.json.
    """
    write_jsonl(folder / "predictions.jsonl", [prediction.to_row() for prediction in predictions])
    started = read_json(folder / "run.json", what="the run's manifest")
    finished = {
        **{**manifest, **{name: started[name] for name in ("dataset", "versions", "git")}},
        "counts": {
            "total": len(predictions),
            "answered": sum(prediction.state == "ok" for prediction in predictions),
            "failed": sum(prediction.state in FAILED for prediction in predictions),
        },
        "record": dict(record),
        "answers_sha256": answers_sha256(predictions),
        "files": {"predictions.jsonl": sha256_file(folder / "predictions.jsonl")},
    }
    size = size_of_model(folder, manifest)
    if size.total is not None:
        finished["model_bytes"] = asdict(size)
    finished = sealed(finished)
    validate(finished, "run", path=folder / "run.json", remedy="Please report this.")
    write_json(folder / "run.json", finished)
    return finished


@contextlib.contextmanager
def keeping_known(
    folder: Path, questions: Sequence[str], known: Mapping[str, Prediction]
) -> Iterator[None]:
    """If the endpoint or the budget ends the block, write what is known to predictions.jsonl.

    The run stays unfinished. The predictions of a run that was finished before are not touched.
    """
    try:
        yield
    except (BudgetReached, MissingResource):
        if read_json(folder / "run.json", what="the run's manifest")["counts"] is None:
            rows = [known[question].to_row() for question in questions if question in known]
            write_jsonl(folder / "predictions.jsonl", rows)
        raise


def _check_same(folder: Path, wanted: Mapping[str, Any]) -> None:
    there = read_json(folder / "run.json", what="the run's manifest")
    validate(there, "run", path=folder / "run.json", remedy="")
    was = _flatten(
        {"options": [], "twins": None, **there, "visual_handling": visual_handling(there)}
    )
    for key, value in _flatten({"twins": None, **wanted}).items():
        if not key.startswith(_IDENTITY) or was.get(key) == value:
            continue
        if key == "system.source_sha256" and key in was:
            raise OutputError(
                f"{folder}: holds answers of an earlier version of this class.",
                "Choose another `out`, or leave it out for a new folder.",
            )
        raise OutputError(
            f"{folder}: holds another run: its {key} is {was.get(key)!r}, not {value!r}.",
            "Choose another `out`, or repeat the earlier call.",
        )


def _flatten(value: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        name = f"{before}{key}"
        flat.update(_flatten(item, f"{name}.") if isinstance(item, dict) else {name: item})
    return flat


def _package_versions() -> dict[str, str]:
    versions = {"locomo-vqa": __version__, "python": platform.python_version()}
    for package in ("openai", "pillow"):
        versions[package] = metadata.version(package)
    return versions


def _git_state() -> dict[str, Any] | None:
    """Return the git commit of the working directory, which usually has the user's system."""
    try:
        commit = _git_output("rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git_output("status", "-s"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git_output(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()
