"""Runs the test conversations, and records the observations that the checks evaluate."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from locomo_vqa.benchmark import Conversation
from locomo_vqa.runs import ImageMode, VisualMode
from locomo_vqa.system import Services

from ..hosting import Host, Limits
from ..hosting.sandbox import SandboxTool
from ..loading import LoadedSystem
from ..proxy.model_calls import MODEL_CALLS
from ..running.sandboxing import sandbox_of
from ..running.view import ConversationView
from .fixtures import World, make_world
from .script import Script, random_script
from .snapshots import changes, contents, entries
from .traces import Trace, find_traces, users_folders
from .trial import CallFailure, CallTimes, Reply, SystemTrial

__all__ = ["IMAGE_SETTINGS", "Observations", "gather"]

IMAGE_SETTINGS: Mapping[str, tuple[ImageMode, VisualMode]] = {
    "pixels": ("pixels", "given"),
    "caption": ("caption", "given"),
    "none": ("none", "given"),
    "recalled": ("pixels", "recalled"),
}
"""The ways to show images, by name: the values of `images` and `visual`."""


@dataclass(slots=True, kw_only=True)
class Observations:
    """The observations of a system."""

    system: LoadedSystem
    """The system, with its declared attributes."""
    script: Script
    """The words that the conversations have."""
    lends_model: bool
    """Whether the system gets a model."""
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
    def forgetful(self) -> bool:
        """Whether the system declares that no model answers, so it needn't remember anything."""
        return not self.system.uses_model or (self.system.any_model and not self.lends_model)

    @property
    def excuse(self) -> str | None:
        """Why the system needn't remember anything, as a clause; None if it must remember."""
        if self.forgetful:
            return "it declares that no model answers"
        return None if self.system.remembers else "it is meant to remember nothing"


def gather(
    system: LoadedSystem,
    services: Services,
    folder: Path,
    *,
    limits: Limits,
    quiet_s: float,
    sandbox: SandboxTool | None = None,
    script: Script | None = None,
) -> tuple[Observations, CallTimes]:
    """Return the observations and the durations of calls; `folder` takes all files.

    `script` has the words of the conversations; by default they are drawn.
    """
    world = make_world(folder / "images", script or random_script())
    begun = time.time()
    opener = _Opener(system, services, folder, limits, world, sandbox)
    lends_model = services.llm is not None or services.model is not None
    seen = Observations(system=system, script=world.script, lends_model=lends_model)
    here, images = entries(Path.cwd()), contents(folder / "images")
    with opener.trial("awkward", world.awkward) as trial:
        trial.read()
        seen.awkward = trial.failure
        _close_and_remember(trial, seen)
    if seen.awkward is None or seen.awkward.call not in ("start", "open"):
        _two_at_once(opener, seen, quiet_s)
        _read_again(opener, seen)
        for mode in IMAGE_SETTINGS:
            _show_images(opener, seen, mode)
            changed = changes(images, contents(folder / "images"))
            if changed:
                seen.changed_images = changed
                make_world(folder / "images", world.script)
    seen.strays = opener.strays()
    seen.home = opener.home
    seen.at_home = _traces_at_home(opener.home, world.script, begun)
    if not system.address:
        seen.in_users_folders = find_traces(
            users_folders(), _words(world.script), since=begun, without=[folder]
        )
    seen.changed_here = () if system.address else changes(here, entries(Path.cwd()))
    return seen, opener.times


class _Opener:
    """Opens the conversations, each in its own folder."""

    def __init__(
        self,
        system: LoadedSystem,
        services: Services,
        folder: Path,
        limits: Limits,
        world: World,
        sandbox: SandboxTool | None,
    ) -> None:
        self.world = world
        self.times = CallTimes()
        self._system = system
        self._services = services
        self._folder = folder
        self._limits = limits
        self._sandbox = sandbox
        self._names: list[str] = []
        (folder / "logs").mkdir(exist_ok=True)
        self.home = folder / "home"
        """The home of all conversations, as if each were run on a machine that had the others."""

    def view(self, conversation: Conversation, mode: str = "pixels") -> ConversationView:
        """Return the view of a conversation, as in a run."""
        images, visual = IMAGE_SETTINGS[mode]
        return ConversationView(self.world.benchmark, conversation, images, visual)

    def trial(self, name: str, conversation: Conversation, mode: str = "pixels") -> SystemTrial:
        """Return a trial of a conversation that has not been read yet."""
        self._names.append(name)
        return SystemTrial(
            self._host(name),
            self.view(conversation, mode),
            self._folder / "work" / name,
            self._services,
            self.times,
            only_retrieves=self._system.only_retrieves,
        )

    def _host(self, name: str) -> Host:
        sandbox = self._sandbox and sandbox_of(
            self._sandbox,
            self._services,
            work=self._folder / "work" / name,
            images=self._folder / "images",
            scratch=self._folder / "scratch" / name,
        )
        log = self._folder / "logs" / f"{name}.log"
        return self._system.host(self._limits, log, sandbox, self.home)

    def strays(self) -> tuple[str, ...]:
        """Return the files outside all conversations' folders."""
        own = ("images/", "home/", "logs/", "scratch/", *(f"work/{name}/" for name in self._names))
        return tuple(name for name in contents(self._folder) if not name.startswith(own))


def _two_at_once(opener: _Opener, seen: Observations, quiet_s: float) -> None:
    world = opener.world
    with (
        opener.trial("first", world.first) as first,
        opener.trial("second", world.second) as second,
    ):
        begin, *rest = first.sessions()
        first.open()
        first.add(begin)
        second.open()
        for session in second.sessions():
            second.add(session)
        for session in rest:
            first.add(session)
        first.flush()
        seen.first = first.failure
        stored = contents(first.workdir)
        seen.at_once = first.ask_all(seen.script.facts)
        second.flush()
        seen.second = second.failure
        seen.changed_after_flush = _changes_in_a_moment(second.workdir, quiet_s)
        _ask_questions(first, second, seen)
        asked = changes(stored, contents(first.workdir))
        seen.changed_by_asking = tuple(name for name in asked if name != MODEL_CALLS)
        seen.replies = [*first.replies, *second.replies]
        _close_and_remember(second, seen)
        _close_and_remember(first, seen)


def _ask_questions(first: SystemTrial, second: SystemTrial, seen: Observations) -> None:
    seen.date = first.ask(seen.script.date_fact.question)
    seen.later = first.ask_all(seen.script.facts[::-1])[::-1]
    seen.again = first.ask(seen.script.facts[0].question)
    naming, asking = seen.script.invented
    first.ask(naming)
    seen.invented = first.ask(asking.question)
    seen.other_in_first = first.ask(seen.script.other_fact.question)
    seen.first_in_second = second.ask(seen.script.facts[0].question)


def _read_again(opener: _Opener, seen: Observations) -> None:
    """Have a conversation read that has the first one's name, and ask about both."""
    with opener.trial("repeat", opener.world.later) as trial:
        trial.read()
        seen.repeated = trial.failure
        if trial.failure is None:
            seen.repeated_new = trial.ask_all(seen.script.later_facts)
            seen.repeated_old = trial.ask_all(seen.script.facts)
            seen.replies += trial.replies
        _close_and_remember(trial, seen)


def _words(script: Script) -> tuple[str, ...]:
    """Return the words to look for in files: the conversations' names first."""
    return (script.name, *script.marks)


def _traces_at_home(home: Path, script: Script, begun: float) -> tuple[Trace, ...]:
    caches = [home / name for name in (".cache", ".run", "tmp")]
    return find_traces([home], _words(script), since=begun, without=caches)


def _show_images(opener: _Opener, seen: Observations, mode: str) -> None:
    world = opener.world
    shown = opener.view(world.with_images, mode).question(world.visual)
    with opener.trial(f"images-{mode}", world.with_images, mode) as trial:
        trial.read()
        seen.with_images[mode] = trial.failure
        if trial.failure is None:
            seen.visual[mode] = trial.ask_visual(shown)
        _close_and_remember(trial, seen)


def _changes_in_a_moment(folder: Path, seconds: float) -> tuple[str, ...]:
    before = contents(folder)
    time.sleep(seconds)
    return changes(before, contents(folder))


def _close_and_remember(trial: SystemTrial, seen: Observations) -> None:
    """Close a conversation, and record what it left behind and how closing failed."""
    trial.close()
    if trial.failure is not None and trial.failure.call == "close":
        seen.closing = seen.closing or trial.failure
    if trial.left is not None:
        seen.left = (*(seen.left or ()), *trial.left)
