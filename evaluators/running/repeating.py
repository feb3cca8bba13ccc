"""Runs a system several times, in folders beside each other, each with its own seed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

from locomo_vqa.arguments import check_choice, check_number
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import read_json
from locomo_vqa.notes import note
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.repeats import RepeatFrom, Repeats, repeat_folder
from locomo_vqa.system import Endpoint, Services

from .harness import Harness
from .setup import RunSetup

__all__ = ["RepeatSettings", "RunRepeat", "run_repeats"]

_HIGHEST_SEED = 2**31 - 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRepeat:
    """Which of several runs of a system a run is; the entry `repeat` of run.json."""

    number: int
    """The number of the repeat, from 1."""
    seed: int | None
    """The seed that the run's endpoint gets; None if it takes none."""
    source: RepeatFrom
    """What each repeat makes again."""
    memory: str | None
    """The name of the memory, if the repeats share it."""

    def to_json(self) -> dict[str, Any]:
        """Return the entry `repeat` of run.json."""
        found = asdict(self)
        return {"from": found.pop("source"), **found}


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatSettings:
    """How often to run, and from what on."""

    count: int
    """The number of runs."""
    seed: int
    """The seed of the first run; each further one's is larger by 1."""
    source: RepeatFrom
    """What each repeat makes again."""

    @classmethod
    def checked(
        cls, *, repeat: int | None, seed: int, repeat_from: RepeatFrom
    ) -> RepeatSettings | None:
        """Return the settings for a user's arguments; None for a single run.

        Raises:
            InputError: one is not allowed.
        """
        check_choice("repeat_from", repeat_from, get_args(RepeatFrom))
        check_number("seed", seed, low=0, high=_HIGHEST_SEED, whole=True)
        if repeat is None:
            return None
        check_number("repeat", repeat, low=2, high=1000, whole=True)
        return cls(count=repeat, seed=seed, source=repeat_from)


def run_repeats(
    setup: RunSetup,
    harness: Harness,
    settings: RepeatSettings,
    *,
    retry_failed: bool,
    progress: bool | ProgressCallback,
) -> Repeats:
    """Run a harness several times, each in a folder of its own in the harness's folder.

    What is there of an earlier call goes on, or is finished: a larger number adds repeats.

    Raises:
        InputError: the system's memory can't be shared, or the model's name has a seed.
        OutputError: the folder is of a single run.
    """
    out = harness.out
    if (out / "run.json").exists():
        raise OutputError(
            f"{out}: is the folder of a single run.", "Choose another `out` for the repeats."
        )
    if settings.source == "answers":
        _check_shares_memory(setup)
    seeded = _takes_seed(setup)
    memory = _memory_of(repeat_folder(out, 1)) if settings.source == "answers" else None
    runs = []
    for number in range(1, settings.count + 1):
        seed = settings.seed + number - 1 if seeded else None
        repeat = RunRepeat(number=number, seed=seed, source=settings.source, memory=memory)
        services = _with_seed(setup.services, seed)
        one = replace(
            setup,
            services=services,
            metering=replace(
                setup.metering,
                repeat=number,
                memory=out / "memory.sqlite" if settings.source == "answers" else None,
                others=tuple(_ledgers(out, settings.count, but=number)),
            ),
        )
        folder = repeat_folder(out, number)
        own = replace(harness, out=folder, services=services, repeat=repeat.to_json())
        runs.append(one.run(own, retry_failed=retry_failed, progress=progress, out=out))
    return Repeats(runs, name=out.resolve().name)


def _ledgers(out: Path, count: int, *, but: int) -> list[Path]:
    numbers = [number for number in range(1, count + 1) if number != but]
    return [repeat_folder(out, number) / "calls.jsonl" for number in numbers]


def _check_shares_memory(setup: RunSetup) -> None:
    """Check that what is read can be replayed: that its calls, if any, go through the proxy.

    Raises:
        InputError: the calls are not metered.
    """
    if setup.services.llm is not None and not setup.metering.meter:
        raise InputError(
            "`repeat_from` answers needs metering: what was replied while conversations were read "
            "is replayed from the first repeat.",
            "Turn metering on (for a system on another machine it can't be), or repeat from "
            "memory.",
        )


def _takes_seed(setup: RunSetup) -> bool:
    """Return whether the run's endpoint takes a seed; a note says if it does not.

    Raises:
        InputError: the model's name has a seed, which all repeats would get.
    """
    llm = setup.services.llm
    if llm is None:
        note(
            "The repeats get no seed: models in this process answer at temperature 0. They differ "
            "only by what the system itself does at random."
        )
        return False
    if "seed" in llm.body:
        raise InputError(
            "`model` sets a seed, and each repeat needs its own.",
            "Leave body.seed out of the model's name; `seed` is that of the first repeat.",
        )
    if setup.metering.replay or _accepts_seed(llm):
        return True
    note("The repeats get no seed: the endpoint refuses one.")
    return False


def _accepts_seed(llm: Endpoint) -> bool:
    """Return whether a request with a seed is answered; other failures are left to the run."""
    from locomo_vqa.models.blocking import BlockingEndpoint
    from locomo_vqa.models.dialects import dialect_of

    from ..hosting.isolation import outside_event_loop

    def ask() -> None:
        with (
            closing(BlockingEndpoint(replace(llm, body={**llm.body, "seed": 1}))) as chat,
            suppress(OSError, RuntimeError),
        ):
            chat.ask([{"type": "text", "text": "Say yes."}], max_tokens=16)

    outside_event_loop(ask)
    return "no seed" not in dialect_of(llm).changes


def _with_seed(services: Services, seed: int | None) -> Services:
    if services.llm is None or seed is None:
        return services
    return replace(services, llm=replace(services.llm, body={**services.llm.body, "seed": seed}))


def _memory_of(first: Path) -> str:
    """Return the name of the memory that repeats share: that of the first, or a new one."""
    if (first / "run.json").is_file():
        found: Mapping[str, Any] = read_json(first / "run.json", what="the run's manifest")
        known = (found.get("repeat") or {}).get("memory")
        if known:
            return str(known)
    return secrets.token_hex(8)
