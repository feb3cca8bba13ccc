"""Runs the self-test: every point, in order, and how long calls took."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

from locomo_vqa.system import Services

from ..hosting import DEFAULT_LIMITS, Limits
from ..hosting.isolation import isolated_process_state
from ..loading import LoadedSystem
from .answer_checks import answers, pictures, read_only, visual
from .ingest_checks import flush, opens, sessions
from .isolation_checks import closes, isolation
from .memory import dates, facts
from .observations import gather
from .result import CheckResult, CheckState
from .trial import CallTimes

__all__ = ["QUIET_S", "CheckReport", "check_system"]

QUIET_S = 1.0
"""How long a flushed conversation is watched for work that goes on."""

_POINTS = (
    opens,
    sessions,
    facts,
    dates,
    pictures,
    flush,
    read_only,
    isolation,
    closes,
    answers,
    visual,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What the self-test found."""

    system: str
    """The system's name."""
    version: str | None
    """Its version."""
    points: tuple[CheckResult, ...]
    """In the order in which they are told."""
    times: CallTimes
    """How long calls took."""

    @property
    def failed(self) -> int:
        """How many points failed."""
        return sum(point.state == "fail" for point in self.points)

    def to_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        states = Counter(point.state for point in self.points)
        return {
            "system": self.system,
            "version": self.version,
            "states": {state: states[state] for state in get_args(CheckState)},
            "points": [asdict(point) for point in self.points],
            "calls": self.times.to_json(),
        }


def check_system(
    system: LoadedSystem,
    services: Services,
    *,
    limits: Limits = DEFAULT_LIMITS,
    quiet_s: float = QUIET_S,
) -> CheckReport:
    """Tell a system seven short conversations and return what became of every point.

    All its files lie in a folder that is removed afterwards. `quiet_s` is how many seconds a
    flushed conversation is watched.
    """
    with (
        TemporaryDirectory(prefix="locomo-vqa-check-", ignore_cleanup_errors=True) as folder,
        isolated_process_state(),
    ):
        evidence, times = gather(
            system, services, Path(folder).resolve(), limits=limits, quiet_s=quiet_s
        )
    return CheckReport(
        system=system.name,
        version=system.version,
        points=tuple(point(evidence) for point in _POINTS),
        times=times,
    )
