"""The settings for judging the answers of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from locomo_vqa.arguments import check_number, check_path, check_texts
from locomo_vqa.errors import InputError

from .names import check_judge
from .rubric_files import read_rubric
from .rubrics import RubricPrompt, bundled_rubric
from .rules import RULES, rule_rubric
from .sampling import JudgeSample

__all__ = ["CHECK_N", "JudgeSettings"]

CHECK_N = 10
"""The number of cases of each kind in the check before scoring."""


_RUBRIC = "lenient"
_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSettings:
    """The judges, and how they are asked and checked."""

    judges: tuple[str, ...]
    """The names of the models; the first determines J."""
    rubric: RubricPrompt = field(default_factory=lambda: bundled_rubric("lenient"))
    """How strictly answers are compared with gold answers."""
    responses: Path | None = None
    """The file of the response store; None for one in the user's cache folder."""
    check_n: int = CHECK_N
    """The number of cases of each kind in each judge's check; 0 for no check."""
    checks: tuple[Path, ...] = ()
    """The files of existing checks (see `judge_check`), used instead of new ones."""
    timeout_s: float = _TIMEOUT_S
    """The time limit of one call."""
    passes: int = 1
    """How often the first judge judges each answer, to measure its noise."""
    sample: JudgeSample | None = None
    """The questions that J is estimated from; None for all."""

    @classmethod
    def checked(
        cls,
        *,
        judge: str | Sequence[str] | None,
        metrics: Sequence[str] | None = None,
        rubric: str | os.PathLike[str] = _RUBRIC,
        judge_check: bool | str | Path | Sequence[str | Path] = True,
        responses: str | Path | None = None,
        judge_timeout: float = _TIMEOUT_S,
        judge_passes: int = 1,
        judge_sample: int | None = None,
        judge_seed: int = 0,
    ) -> JudgeSettings | None:
        """Return the settings for the arguments of a public function; None without a judge.

        Raises:
            InputError: an argument is invalid, or two contradict each other.
        """
        prompt = read_rubric(rubric)
        check_number("judge_timeout", judge_timeout, low=0.001)
        if judge_sample is not None:
            check_number("judge_sample", judge_sample, low=1, whole=True)
        check_number("judge_passes", judge_passes, low=1, high=100, whole=True)
        check_number("judge_seed", judge_seed, low=0, whole=True)
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
            given = {
                "judge_check": bool(checks),
                "rubric": rubric != _RUBRIC,
                "responses": responses is not None,
                "judge_timeout": judge_timeout != _TIMEOUT_S,
                "judge_passes": judge_passes != 1,
                "judge_sample": judge_sample is not None,
            }
            for name in (name for name, is_given in given.items() if is_given):
                raise InputError(
                    f"`{name}` is given, but not `judge`, so it would have no effect.",
                    f"Name a `judge`, such as rules, or leave `{name}` out.",
                )
            return None
        if metrics is not None and "j" not in metrics:
            raise InputError(
                "`judge` is given, but `metrics` leaves J out.",
                "Add j to `metrics`, or leave `judge` out.",
            )
        if len(set(names)) < len(names):
            raise InputError("`judge` names one model twice.", "Name two different models.")
        for name in names:
            check_judge(name)
        if RULES in names:
            rule_rubric(prompt)
        if judge_passes > 1 and names[0] == RULES:
            raise InputError(
                "`judge_passes` is for a model: rules give the same verdict each time.",
                "Leave `judge_passes` out.",
            )
        return cls(
            judges=names,
            rubric=prompt,
            responses=None if responses is None else Path(responses),
            check_n=0 if judge_check is False else CHECK_N,
            checks=checks,
            timeout_s=judge_timeout,
            passes=judge_passes,
            sample=None if judge_sample is None else JudgeSample(judge_sample, judge_seed),
        )
