"""The observations that the checks evaluate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from locomo_vqa.runs import ImageMode, VisualMode

from ..loading import LoadedSystem
from .script import Script
from .traces import Trace
from .trial import CallFailure, Reply

__all__ = ["DOES_NOT_OPEN", "IMAGE_SETTINGS", "OPENING", "Observations"]

IMAGE_SETTINGS: Mapping[str, tuple[ImageMode, VisualMode]] = {
    "pixels": ("pixels", "given"),
    "caption": ("caption", "given"),
    "none": ("none", "given"),
    "recalled": ("pixels", "recalled"),
}
"""The ways to show images, by name: the values of `images` and `visual`."""


OPENING = ("start", "open")
"""The calls that open a conversation."""

DOES_NOT_OPEN = "the system does not open"
"""Why nothing else can be checked."""


@dataclass(slots=True, kw_only=True)
class Observations:
    """The observations of a system."""

    system: LoadedSystem
    """The system, with its declared attributes."""
    script: Script
    """The words that the conversations have."""
    lends_model: bool
    """Whether the system gets a model."""
    model: str | None
    """The model's name at its endpoint, or of a model in this process."""
    temperature: float | None
    """The temperature that the model's name stands for."""
    metered: bool
    """Whether calls to an endpoint are seen."""
    awkward: CallFailure | None = None
    """How the awkward conversation failed."""
    first: CallFailure | None = None
    """How the first of two conversations failed."""
    second: CallFailure | None = None
    """How the second failed, which is open at the same time."""
    at_once: tuple[Reply, ...] = ()
    """The replies about the facts right after flush() returned."""
    later: tuple[Reply, ...] = ()
    """The replies about the facts a moment later."""
    again: Reply | None = None
    """The reply about the first fact when it was asked twice in a row."""
    date: Reply | None = None
    """The reply about the day that was called yesterday."""
    invented: Reply | None = None
    """The reply that could only come from an earlier question."""
    other_in_first: Reply | None = None
    """The first conversation's reply about the second's fact."""
    first_in_second: Reply | None = None
    """The second conversation's reply about a fact of the first."""
    repeated: CallFailure | None = None
    """How another conversation with the first one's name failed, which was read later."""
    repeated_new: tuple[Reply, ...] = ()
    """That conversation's replies about its own facts."""
    repeated_old: tuple[Reply, ...] = ()
    """That conversation's replies about the facts of the first."""
    with_images: dict[str, CallFailure | None] = field(default_factory=dict)
    """How the conversation with images failed, by mode."""
    visual: dict[str, Reply] = field(default_factory=dict)
    """The reply to the question about an image, by mode."""
    lost_reading: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The requests by stage of a conversation that was read while every call failed."""
    read_without_model: CallFailure | None = None
    """How that conversation failed, as it should."""
    lost_answering: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The requests by stage of a question that was asked while every call failed."""
    answered_without_model: Reply | None = None
    """The reply to that question, which should be a failure."""
    asked: Sequence[Mapping[str, Any]] = ()
    """What the calls asked for, as the proxy saw it."""
    changed_after_flush: tuple[str, ...] = ()
    """Files in a work folder that changed after flush() returned."""
    changed_by_asking: tuple[str, ...] = ()
    """Files in a work folder that changed by asking, without the run's list of calls."""
    changed_images: tuple[str, ...] = ()
    """Image files that were changed."""
    strays: tuple[str, ...] = ()
    """Files written outside the work folders."""
    home: Path = Path()
    """The folder that took the place of the user's home."""
    at_home: tuple[Trace, ...] = ()
    """Files there that have a word of the test, except caches."""
    in_users_folders: tuple[Trace, ...] = ()
    """Files in the user's real home and temporary folder that have a word of the test."""
    changed_here: tuple[str, ...] = ()
    """New or changed files in the working directory."""
    left: tuple[str, ...] | None = None
    """Processes that outlive close(); None if unknown."""
    closing: CallFailure | None = None
    """How close() failed."""
    replies: list[Reply] = field(default_factory=list)
    """The replies to all text questions."""

    @property
    def does_not_open(self) -> bool:
        """Whether the first conversation of all could not be opened, so that no other was tried."""
        return self.awkward is not None and self.awkward.call in OPENING

    @property
    def forgetful(self) -> bool:
        """Whether the system declares that no model answers, so it needn't remember anything."""
        return not self.system.uses_model or (self.system.any_model and not self.lends_model)

    @property
    def excuse(self) -> str | None:
        """Why the system needn't remember anything, as a clause; None if it must remember."""
        if self.forgetful:
            return "it declares that no model answers"
        return None if self.system.remembers else "it is meant to remember nothing"
