"""The type of a build's stage, and its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from locomo_vqa.models.names import hide_credentials
from locomo_vqa.progress import ProgressCallback

from ..build_folder import BuildFolder
from ..recipe import BuildRecipe
from ..spending.meter import BuildMeter

if TYPE_CHECKING:
    from ..images.download import DownloadSettings
    from ..spreading.pool import BuildWorkers

__all__ = [
    "ASKED_BY",
    "STAGE_NAMES",
    "PublishedBuild",
    "Stage",
    "StageContext",
    "StageName",
    "choices_of",
]

StageName = Literal["ingest", "images", "split", "probe", "select", "generate", "review", "publish"]
"""The stages of a build, in their order; `review` needs a person, and is only run on request."""
STAGE_NAMES: tuple[StageName, ...] = get_args(StageName)

ASKED_BY: Mapping[str, frozenset[str]] = {
    "generator": frozenset({"probe", "generate"}),
    "validator": frozenset({"probe"}),
    "verifier": frozenset({"probe", "generate"}),
}
"""By the parameter of a model: the stages that ask it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageContext:
    """The inputs of a stage."""

    recipe: BuildRecipe
    folder: BuildFolder
    progress: ProgressCallback
    download: DownloadSettings
    """How to download images."""
    mirror: Path | None
    """A folder to take images from instead of the network."""
    retry_lost: bool
    """Whether to try every lost image again."""
    out: Path
    """The folder of the published data set."""
    meter: BuildMeter
    """Counts what the calls to endpoints cost."""
    workers: BuildWorkers | None
    """Who asks the models; None is this process."""
    push: str | None
    """`org/name` on the Hugging Face Hub, to push the data set to."""
    pull_request: bool
    """Whether to push as a pull request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedBuild:
    """What the stage `publish` made."""

    folder: Path
    """The data set's folder."""
    set_aside: int
    """How many decisions of the review were not applied; see `SortedDecisions.set_aside`."""
    url: str | None
    """The address of the commit or pull request on the Hub."""
    left_out: int | None = None
    """How many questions were left out because they are not agreed; None if all are published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: it reads the results of earlier stages in the work folder and writes its own."""

    name: StageName
    needs: tuple[StageName, ...]
    """The stages whose results it needs."""
    makes: tuple[str, ...]
    """The files and folders that it writes in the work folder."""
    choices: tuple[str, ...] = ()
    """The recipe's fields that its result depends on, without those of the stages it needs."""
    lasting: bool = False
    """Whether its result is never remade with different choices: everything later depends on it."""
    run: Callable[[StageContext], PublishedBuild | None]
    """Runs the stage."""


def choices_of(name: StageName, stages: Sequence[Stage], recipe: BuildRecipe) -> dict[str, Any]:
    """Return every choice that a stage's result depends on, as `build.json` keeps it."""
    by_name = {stage.name: stage for stage in stages}
    found: dict[str, Any] = {}
    for needed in by_name[name].needs:
        found |= choices_of(needed, stages, recipe)
    for field in by_name[name].choices:
        value = getattr(recipe, field)
        found[field] = (
            hide_credentials(value)
            if isinstance(value, str)
            else list(value)
            if isinstance(value, tuple)
            else value
        )
    return found
