"""Compare `compare` with paired permutation tests of scipy, on twenty scored runs.

    python -m benchmarks.compare [--systems 20] [--draws 9999]

The invented systems answer a benchmark of LoCoMo's size and are scored with F1. The toolkit
compares all with the first, overall and in each category: values, intervals, exact p-values by sign
flips over conversations, Holm's correction, and the smallest difference to believe. The peers are
loops over `scipy.stats.permutation_test`: over conversations, exact, whose p-values must be equal,
and over questions, with `--draws` draws, as most scripts do it. Their CPU seconds are of the tests
alone.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.invented_locomo import write_locomo
from benchmarks.measuring import measured
from benchmarks.results import Result, benchmark, less_cpu

EXACT = "scipy's permutation_test over conversations, exact"
DRAWN = "scipy's permutation_test over questions"
Groups = Mapping[str, Sequence[str]]
Values = Mapping[str, float]


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--systems", type=int, default=20, help="systems, with the baseline")
    parser.add_argument("--draws", type=int, default=9_999, help="draws of the test of questions")
    return parser


def make_reports(systems: int) -> tuple[list[Any], Any]:
    """Return scored systems of different skill, and their benchmark."""
    import locomo_vqa as lv

    with tempfile.TemporaryDirectory() as folder:
        locomo = Path(folder) / "locomo10.json"
        write_locomo(locomo)
        lv.import_locomo(locomo, out=Path(folder) / "benchmark")
        loaded = lv.load_benchmark(Path(folder) / "benchmark")
    rng = random.Random(0)
    reports = []
    for number in range(systems):
        skill = 0.3 + 0.4 * number / systems
        answers = {
            one.id: (one.answer or "") if rng.random() < skill else "a lake"
            for one in loaded.text_questions
            if one.category != 5
        }
        reports.append(lv.score(answers, benchmark=loaded, metrics=["f1"], progress=False))
    return reports, loaded


def exact_p(differences: Values, conversation_of: Mapping[str, str]) -> float:
    """Return the p-value of scipy's test over conversations."""
    import numpy as np
    from scipy.stats import permutation_test  # type: ignore[import-untyped, unused-ignore]

    sums: dict[str, float] = {}
    for question, value in differences.items():
        sums[conversation_of[question]] = sums.get(conversation_of[question], 0.0) + value
    found = permutation_test(
        (np.array(list(sums.values())),),
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=1 << len(sums),
    )
    return float(found.pvalue)


def drawn_p(differences: Values, draws: int) -> float:
    """Return the p-value of scipy's test over questions."""
    import numpy as np
    from scipy.stats import permutation_test

    found = permutation_test(
        (np.array(list(differences.values())),),
        lambda values, axis: values.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=draws,
        batch=100,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def measure(options: argparse.Namespace) -> list[Result]:
    """Compare the systems with both sides."""
    import scipy.stats  # type: ignore[import-untyped, unused-ignore]

    import locomo_vqa as lv
    from locomo_vqa.benchmark import CATEGORIES

    assert scipy.stats.permutation_test
    reports, loaded = make_reports(options.systems)
    lv.compare(*reports[:2], benchmark=loaded, progress=False)
    comparison, ours = measured(lambda: lv.compare(*reports, benchmark=loaded, progress=False))
    frame = comparison.to_frame()
    questions = {one.id: one for one in loaded.text_questions if one.category != 5}
    groups: dict[str, list[str]] = {"all questions": list(questions)}
    for one in questions.values():
        groups.setdefault(CATEGORIES[one.category], []).append(one.id)
    values = [_values_of(report) for report in reports]
    differences = [
        {question: other[question] - values[0][question] for question in members}
        for other in values[1:]
        for members in groups.values()
    ]
    conversation_of = {name: one.conversation for name, one in questions.items()}
    exact, their = measured(lambda: [exact_p(one, conversation_of) for one in differences])
    _, drawn = measured(lambda: [drawn_p(one, options.draws) for one in differences])
    what = f"compare of {options.systems} systems, {len(differences)} tests"
    apart = max(abs(a - b) for a, b in zip(_p_of(frame, groups), exact, strict=True))
    return [
        less_cpu(what, f"{DRAWN}, {options.draws:,} draws", ours.cpu_s, drawn.cpu_s, 1),
        Result(
            what=what,
            peer=EXACT,
            reach="",
            measured=f"{ours.cpu_s:.2f} s for everything beside {their.cpu_s:.2f} s for the tests",
            met=None,
            cpu_s={"ours": ours.cpu_s, "peer": their.cpu_s},
        ),
        Result(
            what=f"largest difference of {len(exact)} p-values",
            peer=EXACT,
            reach="at most 1e-09",
            measured=f"{apart:.0e}",
            met=apart <= 1e-9,
        ),
    ]


def _values_of(report: Any) -> dict[str, float]:
    frame = report.to_frame()
    rows = frame[frame["metric"] == "f1"]
    return dict(zip(rows["question_id"], rows["value"].fillna(0.0), strict=True))


def _p_of(frame: Any, groups: Groups) -> list[float]:
    rows = frame[frame["group"].isin(groups)]
    found = {(row.system, row.group): float(row.p) for row in rows.itertuples()}
    systems = list(dict.fromkeys(rows["system"]))
    return [found[system, group] for system in systems for group in groups]


if __name__ == "__main__":
    benchmark(make_parser(), measure)
