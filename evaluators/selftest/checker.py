"""Runs all checks of the self-test in order, and measures how long calls take."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from locomo_vqa.system import Services
from locomo_vqa.unfinished import unfinished

from ..hosting import DEFAULT_LIMITS, Limits
from ..hosting.isolation import isolated_process_state
from ..hosting.sandbox import SandboxTool
from ..loading import LoadedSystem
from .answer_checks import answers, images, read_only, visual
from .fault_checks import asks_named_model, failures
from .gathering import gather
from .ingest_checks import flush, opens, sessions
from .isolation_checks import closes, isolation, second_run
from .memory import dates, facts
from .result import CheckResult, CheckState
from .script import Script
from .trial import CallTimes

if TYPE_CHECKING:
    import pandas as pd

    from ..proxy import MeteringProxy

__all__ = ["QUIET_S", "CheckReport", "check_system"]

QUIET_S = 3.0
"""How long a flushed conversation is watched for background work, in seconds."""

_CHECKS = (
    opens,
    sessions,
    facts,
    dates,
    images,
    flush,
    read_only,
    isolation,
    second_run,
    closes,
    answers,
    visual,
    failures,
    asks_named_model,
)


_STATE_WORDS: Mapping[CheckState, str] = {
    "pass": "passed",
    "warn": "to look at",
    "fail": "failed",
    "skipped": "skipped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The result of the self-test."""

    system: str
    """The system's name."""
    version: str | None
    """The system's version."""
    results: tuple[CheckResult, ...]
    """The result of every check, in order."""
    times: CallTimes
    """The duration of calls."""

    def __repr__(self) -> str:
        counts = Counter(_STATE_WORDS[result.state] for result in self.results)
        found = ", ".join(f"{number} {words}" for words, number in counts.items())
        return f"<CheckReport of {self.system}: {found or 'no checks'}>"

    @property
    def failed(self) -> int:
        """The number of failed checks."""
        return sum(result.state == "fail" for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether no check failed; warnings don't count."""
        return not self.failed

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with one row per check."""
        import pandas as pd

        return pd.DataFrame([asdict(result) for result in self.results])

    def _repr_html_(self) -> str:
        from locomo_vqa.html_table import html_table

        version = f" {self.version}" if self.version else ""
        return html_table(
            ["Check", "Result", "Seen", "What to do"],
            [[one.title, one.state, one.detail, one.remedy] for one in self.results],
            caption=f"{self.system}{version}",
        )

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        states = Counter(result.state for result in self.results)
        return {
            "system": self.system,
            "version": self.version,
            "states": {state: states[state] for state in get_args(CheckState)},
            "results": [asdict(result) for result in self.results],
            "calls": self.times.to_json(),
        }


def check_system(
    system: LoadedSystem,
    services: Services,
    *,
    limits: Limits = DEFAULT_LIMITS,
    quiet_s: float = QUIET_S,
    sandbox: SandboxTool | None = None,
    metered: bool = True,
    script: Script | None = None,
) -> CheckReport:
    """Run the self-test on a loaded system.

    Its files are in a folder that is removed afterwards. `quiet_s` is how many seconds a flushed
    conversation is watched, `sandbox` what closes the system's processes off, `metered` whether
    the system can reach a proxy on this machine, `script` what the
    conversations say; by default it is drawn at random.
    """
    name = Path(tempfile.gettempdir(), "locomo-vqa-check")
    with (
        unfinished(name, kind="folder") as folder,
        isolated_process_state(),
        _proxy_for(services if metered else Services(), folder) as proxy,
    ):
        observations, times = gather(
            system,
            services,
            folder.resolve(),
            proxy=proxy,
            limits=limits,
            quiet_s=quiet_s,
            sandbox=sandbox,
            script=script,
        )
    return CheckReport(
        system=system.name,
        version=system.version,
        results=tuple(check(observations) for check in _CHECKS),
        times=times,
    )


@contextmanager
def _proxy_for(services: Services, folder: Path) -> Iterator[MeteringProxy | None]:
    """Yield a proxy for the services' endpoint, as in a run; None without one."""
    if services.llm is None:
        yield None
        return
    from ..proxy import MeteringProxy

    (folder / "logs").mkdir()
    with MeteringProxy(services.llm, folder / "logs" / "calls.jsonl") as proxy:
        yield proxy
