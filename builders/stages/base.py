"""What a stage of a build is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from locomo_vqa.models.names import hide_credentials
from locomo_vqa.progress import ProgressCallback

from ..build_folder import BuildFolder
from ..recipe import BuildRecipe

if TYPE_CHECKING:
    from ..images.download import DownloadSettings

__all__ = ["STAGE_NAMES", "PublishedBuild", "Stage", "StageContext", "StageName", "choices_of"]

StageName = Literal["ingest", "images", "split", "probe", "select", "generate", "review", "publish"]
"""The stages of a build, in their order; `review` is done by a person and only when asked for."""
STAGE_NAMES: tuple[StageName, ...] = get_args(StageName)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageContext:
    """What a stage is given."""

    recipe: BuildRecipe
    folder: BuildFolder
    progress: ProgressCallback
    download: DownloadSettings
    """How images are downloaded."""
    mirror: Path | None
    """A folder that images are taken from instead of the network."""
    out: Path
    """The folder of the published data set."""
    push: str | None
    """`org/name` on the Hugging Face Hub, where the data set is to be pushed."""
    pull_request: bool
    """Whether pushing opens a pull request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedBuild:
    """What the stage `publish` made."""

    folder: Path
    """The data set's folder."""
    set_aside: int
    """How many decisions of the review were not applied; see `SortedDecisions.set_aside`."""
    url: str | None
    """The address of the commit or pull request on the Hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: it reads what earlier stages left in the work folder and writes its own part."""

    name: StageName
    needs: tuple[StageName, ...]
    """The stages whose results it reads."""
    makes: tuple[str, ...]
    """The files and folders that it leaves in the work folder."""
    choices: tuple[str, ...] = ()
    """The fields of the recipe that its result depends on, beside those that it inherits."""
    lasting: bool = False
    """Whether its result is never remade with other choices: everything later depends on it."""
    run: Callable[[StageContext], PublishedBuild | None]
    """Does the work."""


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
