"""The function `judge_check`, and its result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.arguments import check_number
from locomo_vqa.async_calls import run_async
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.files import write_json
from locomo_vqa.html_table import html_table
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.responses import ResponseStore

from .check import measure_judge
from .rubric_files import read_rubric
from .session import open_session, response_path

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DEFAULT_N", "JudgeCheck", "judge_check"]

DEFAULT_N = 25
"""The default number of cases of each kind."""


@dataclass(frozen=True, slots=True)
class JudgeCheck:
    """How often a judge errs, by kind of answer."""

    document: Mapping[str, Any]
    """The content of judge-check.json, valid against the schema `judge_check`."""

    @property
    def false_accept(self) -> float | None:
        """The share of wrong answers that the judge accepts; None if one has no verdict."""
        value: float | None = self.document["false_accept"]["value"]
        return value

    @property
    def false_reject(self) -> float | None:
        """The share of right answers that the judge rejects; None if one has no verdict."""
        value: float | None = self.document["false_reject"]["value"]
        return value

    @property
    def unscored(self) -> int:
        """The number of answers without a verdict."""
        return sum(kind["unscored"] for kind in self.document["kinds"])

    def __repr__(self) -> str:
        rates = (self.false_accept, self.false_reject)
        accept, reject = ("unknown" if rate is None else f"{rate:.1%}" for rate in rates)
        return f"<JudgeCheck: {accept} of wrong answers accepted, {reject} of right ones rejected>"

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with one row per kind of answer.

        Columns: kind, expected, n, errors, unscored, value.
        """
        import pandas as pd

        columns = ["kind", "expected", "n", "errors", "unscored", "value"]
        rows = [[kind[name] for name in columns] for kind in self.document["kinds"]]
        return pd.DataFrame(rows, columns=columns)

    def write(self, path: str | Path) -> Path:
        """Write judge-check.json, which `score` takes as `judge_check`, and return its path.

        Raises:
            OutputError: the file can't be written.
        """
        write_json(Path(path), self.document)
        return Path(path)

    def _repr_html_(self) -> str:
        rows = [
            [kind["kind"], kind["expected"], *_cells(kind)]
            for kind in (
                *self.document["kinds"],
                {**self.document["false_accept"], "kind": "false accepts", "expected": "wrong"},
                {**self.document["false_reject"], "kind": "false rejects", "expected": "correct"},
            )
        ]
        return html_table(
            ["Answers", "right verdict"],
            rows,
            numbers=["n", "misjudged", "rate", "unscored"],
            caption=self.document["judge"]["name"],
        )


@checked
def judge_check(
    judge: str,
    *,
    benchmark: Benchmark | str | Path,
    rubric: str | os.PathLike[str] = "lenient",
    n: int = DEFAULT_N,
    responses: str | Path | None = None,
    judge_timeout: float = 120.0,
    progress: bool | ProgressCallback = True,
) -> JudgeCheck:
    """Measure a judge on answers whose verdict is known by construction.

    Gold answers in other words, formats and orders must be accepted. Other questions' gold
    answers, shifted dates, vague talk, and answers that give the judge instructions must not.

    Args:
        judge: the model's name, such as `"openai:<base URL>?model=<name>"`, or `"rules"`, which
            compares words, numbers and dates without a model.
        benchmark: the source of the answers: a benchmark, its folder, `sample`, or org/name.
        rubric: how the judge compares an answer with the gold answer: `lenient`, `strict`, or a
            file with a prompt (see docs/scores.md), which is checked on the kinds of answers whose
            verdict is the same by both.
        n: the number of answers of each kind; there is at least one of each kind of injection.
        responses: the file that stores the judge's replies, so that none is requested twice; None
            for one in the user's cache folder.
        judge_timeout: the time limit of one call to the judge, in seconds.
        progress: whether to show progress, or a function to call with it.

    Raises:
        InputError: an argument is invalid, or the benchmark can't be used.
        MissingResource: the judge's packages or weights are not on this machine.
    """
    prompt = read_rubric(rubric)
    check_number("n", n, low=1, whole=True)
    check_number("judge_timeout", judge_timeout, low=0.001)
    data = load_argument(benchmark)
    file = response_path(None if responses is None else Path(responses))

    async def work(store: ResponseStore, report: ProgressCallback) -> dict[str, Any]:
        opening = open_session(judge, prompt, store=store, timeout_s=judge_timeout)
        async with opening as session:
            return await measure_judge(session, data, n=n, progress=report)

    with ResponseStore(file) as store, progress_reporter(progress) as report:
        return JudgeCheck(run_async(work(store, report)))


def _cells(rate: Mapping[str, Any]) -> list[str | None]:
    value = rate["value"]
    share = None if value is None else f"{100 * value:.1f} %"
    return [f"{rate['n']:,}", f"{rate['errors']:,}", share, f"{rate['unscored']:,}"]
