"""Has a system read the test conversations, and records the observations."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from locomo_vqa.system import Services

from ..answering import AnswerModels
from ..hosting import Limits
from ..hosting.sandbox import SandboxTool
from ..loading import LoadedSystem
from ..proxy.model_calls import MODEL_CALLS
from ..running.services import named_temperature
from .fixtures import make_world
from .observations import IMAGE_SETTINGS, Observations
from .opener import Opener
from .script import Script, random_script
from .snapshots import changes, contents, entries
from .traces import Trace, find_traces, users_folders
from .trial import CallTimes, SystemTrial

if TYPE_CHECKING:
    from ..proxy import MeteringProxy

__all__ = ["gather"]


def gather(
    system: LoadedSystem,
    services: Services,
    folder: Path,
    *,
    limits: Limits,
    quiet_s: float,
    proxy: MeteringProxy | None = None,
    sandbox: SandboxTool | None = None,
    script: Script | None = None,
) -> tuple[Observations, CallTimes]:
    """Return the observations and the durations of calls; `folder` takes all files.

    `proxy` is where the system reaches the endpoint; None without one. `script` has the words of
    the conversations; by default they are drawn at random.
    """
    world = make_world(folder / "images", script or random_script())
    begun = time.time()
    lends_model = services.llm is not None or services.model is not None
    seen = Observations(
        system=system,
        script=world.script,
        lends_model=lends_model,
        model=services.llm.model if services.llm else services.model,
        temperature=named_temperature(services),
        metered=proxy is not None,
    )
    with ExitStack() as stack:
        models = None
        if system.only_retrieves and lends_model:
            models = stack.enter_context(AnswerModels())
        opener = Opener(system, services, folder, limits, world, sandbox, proxy, models)
        here = entries(Path.cwd())
        _observe(opener, seen, folder, quiet_s)
        seen.changed_here = () if system.address else changes(here, entries(Path.cwd()))
    seen.strays, seen.home = opener.strays(), opener.home
    seen.at_home = _traces_at_home(opener.home, world.script, begun)
    if not system.address:
        seen.in_users_folders = find_traces(
            users_folders(), _words(world.script), since=begun, without=[folder]
        )
    return seen, opener.times


def _observe(opener: Opener, seen: Observations, folder: Path, quiet_s: float) -> None:
    """Have all conversations read, and ask about them."""
    with opener.trial("awkward", opener.world.awkward) as trial:
        trial.read()
        seen.awkward = trial.failure
        _close_and_remember(trial, seen)
    if seen.awkward is not None and seen.awkward.call in ("start", "open"):
        return
    _two_at_once(opener, seen, quiet_s)
    _read_again(opener, seen)
    images = contents(folder / "images")
    for mode in IMAGE_SETTINGS:
        _show_images(opener, seen, mode)
        changed = changes(images, contents(folder / "images"))
        if changed:
            seen.changed_images = changed
            make_world(folder / "images", seen.script)
    if opener.proxy is not None:
        _inject_failures(opener, opener.proxy, seen)
        seen.asked = [one.to_json() for one in opener.proxy.summary().asked]


def _two_at_once(opener: Opener, seen: Observations, quiet_s: float) -> None:
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


def _read_again(opener: Opener, seen: Observations) -> None:
    """Have a conversation read that has the first one's name, and ask about both."""
    with opener.trial("repeat", opener.world.later) as trial:
        trial.read()
        seen.repeated = trial.failure
        if trial.failure is None:
            seen.repeated_new = trial.ask_all(seen.script.later_facts)
            seen.repeated_old = trial.ask_all(seen.script.facts)
            seen.replies += trial.replies
        _close_and_remember(trial, seen)


def _inject_failures(opener: Opener, proxy: MeteringProxy, seen: Observations) -> None:
    """Have all calls of a conversation fail, and then those of a question."""
    reading, answering = "failures-reading", "failures-answering"
    proxy.fail(reading)
    with opener.trial(reading, opener.world.second, timed=False) as trial:
        trial.read()
        seen.read_without_model = trial.failure
        seen.lost_reading = proxy.requests_of(reading)
        _close_and_remember(trial, seen)
    with opener.trial(answering, opener.world.second, timed=False) as trial:
        trial.read()
        if trial.failure is not None:
            return
        proxy.fail(answering)
        proxy.restart(answering)
        seen.answered_without_model = trial.ask(seen.script.other_fact.question)
        seen.lost_answering = proxy.requests_of(answering)


def _words(script: Script) -> tuple[str, ...]:
    """Return the words to look for in files: the conversations' names first."""
    return (script.name, *script.marks)


def _traces_at_home(home: Path, script: Script, begun: float) -> tuple[Trace, ...]:
    caches = [home / name for name in (".cache", ".run", "tmp")]
    return find_traces([home], _words(script), since=begun, without=caches)


def _show_images(opener: Opener, seen: Observations, mode: str) -> None:
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
