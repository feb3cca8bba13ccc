"""Who judges the answers of a run, and how."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.arguments import check_choice, check_number, check_path, check_texts
from locomo_vqa.errors import InputError

from .rubrics import RUBRICS, Rubric

__all__ = ["CHECK_N", "JudgeSettings"]

CHECK_N = 10
"""Cases of each kind in the measurement that goes before a scoring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSettings:
    """Who judges, and how."""

    judges: tuple[str, ...]
    """Names of models; J is the first one's."""
    rubric: Rubric = "lenient"
    """How answers are compared with gold answers."""
    responses: Path | None = None
    """The file of the response store; None for the one in the user's cache folder."""
    check_n: int = CHECK_N
    """Cases of each kind on which each judge is measured first; 0: it is not measured."""
    checks: tuple[Path, ...] = ()
    """Measurements made before (see `judge_check`), in place of one here."""
    timeout_s: float = 120.0
    """How long one call may take."""

    @classmethod
    def checked(
        cls,
        *,
        judge: str | Sequence[str] | None,
        metrics: Sequence[str] | None,
        rubric: Rubric,
        judge_check: bool | str | Path | Sequence[str | Path],
        responses: str | Path | None,
        judge_timeout: float,
    ) -> JudgeSettings | None:
        """Return settings made of the arguments of a public call; None without a judge.

        Raises:
            InputError: an argument is not possible, or two contradict each other.
        """
        check_choice("rubric", rubric, RUBRICS)
        check_number("judge_timeout", judge_timeout, low=0.001)
        check_texts("judge", judge)
        if not isinstance(judge_check, bool | str | os.PathLike) and not isinstance(
            judge_check, Sequence
        ):
            raise InputError(
                f"`judge_check` must be True, False, a path or a list of paths, "
                f"not {judge_check!r}.",
                "Correct `judge_check`.",
            )
        names = (judge,) if isinstance(judge, str) else tuple(judge or ())
        files = judge_check if not isinstance(judge_check, bool | str | Path) else (judge_check,)
        checks = tuple(
            check_path("judge_check", file) for file in files if not isinstance(file, bool)
        )
        if not names:
            if checks:
                raise InputError("`judge_check` is given, but not `judge`.", "Name a `judge`.")
            return None
        if metrics is not None and "j" not in metrics:
            raise InputError(
                "`judge` is given, but `metrics` leaves J out.",
                "Add j to `metrics`, or leave `judge` out.",
            )
        if len(set(names)) < len(names):
            raise InputError("`judge` names one model twice.", "Name two different models.")
        return cls(
            judges=names,
            rubric=rubric,
            responses=None if responses is None else Path(responses),
            check_n=0 if judge_check is False else CHECK_N,
            checks=checks,
            timeout_s=judge_timeout,
        )
