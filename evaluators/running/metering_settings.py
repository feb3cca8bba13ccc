"""The settings for counting, recording, and replaying a run's calls to an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from locomo_vqa.budget import check_budget
from locomo_vqa.errors import InputError

__all__ = ["MeteringSettings"]

_STRICT = "Name a file of recorded replies, or leave `strict` out to request them."


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringSettings:
    """How the metering proxy handles a run's calls."""

    meter: bool = True
    """Whether calls go through the proxy."""
    record: Path | None = None
    """The file to record replies in."""
    replay: Path | None = None
    """The file with the replies to replay; missing ones are added to it."""
    strict: bool = False
    """Whether requests without a recorded reply are refused."""
    prices: Path | None = None
    """A table of prices, instead of the bundled one."""
    budget: float | None = None
    """What the run's calls may cost in all, in US dollars; None for any amount."""

    repeat: int | None = None
    """The number of the run among repeats, from 1; None for a single run."""
    memory: Path | None = None
    """The file of replies to requests made while conversations were read, if repeats share it."""
    others: tuple[Path, ...] = ()
    """The lists of the calls of the other repeats, whose cost counts too."""

    @classmethod
    def checked(
        cls,
        *,
        meter: bool = True,
        record: str | Path | None = None,
        replay: str | Path | None = None,
        strict: bool = False,
        prices: str | Path | None = None,
        budget: float | None = None,
    ) -> Self:
        """Return the settings for a user's arguments.

        Raises:
            InputError: the arguments contradict each other.
        """
        check_budget(budget)
        if record and replay:
            raise InputError(
                "`record` and `replay` can't be used together.",
                "Use only `replay`: missing replies are requested and recorded too.",
            )
        if strict and not replay:
            raise InputError("`strict` needs `replay`.", "Name the file of recorded replies.")
        settings = cls(
            meter=meter,
            record=None if record is None else Path(record),
            replay=None if replay is None else Path(replay),
            strict=strict,
            prices=None if prices is None else Path(prices),
            budget=budget,
        )
        if not meter and (named := settings._first_given()):
            raise InputError(f"`{named}` needs `meter`.", "Turn metering on.")
        return settings

    def check(self, *, endpoint: bool) -> None:
        """Check that there are calls to meter, and the replies to replay.

        `endpoint` is whether the model is an endpoint.

        Raises:
            InputError: one of them is missing.
        """
        named = self._first_given()
        if named and not endpoint:
            raise InputError(
                f"`{named}`: the system makes no calls to an endpoint.",
                "Name one as `model`, such as openai:<base URL>?model=<name>, or leave this out.",
            )
        if self.strict and self.replay is not None:
            _check_recorded(self.replay)

    def _first_given(self) -> str | None:
        names = ("record", "replay", "prices", "budget")
        return next((name for name in names if getattr(self, name) is not None), None)


def _check_recorded(file: Path) -> None:
    """Check that a file of recorded replies is there, where all replies must come from it.

    Raises:
        InputError: it is not, or it is empty.
    """
    try:
        size = file.stat().st_size
    except OSError as error:
        raise InputError(f"{file}: can't be read ({error.strerror}).", _STRICT) from None
    if not size:
        raise InputError(f"{file}: has no recorded replies.", _STRICT)
