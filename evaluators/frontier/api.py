"""The function `frontier`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from locomo_vqa.arguments import check_choice
from locomo_vqa.benchmark import VisualQuestion, load_argument
from locomo_vqa.benchmark.questions import Question, questions_of
from locomo_vqa.checked import checked
from locomo_vqa.context_budget import context_in_words
from locomo_vqa.cost_axes import COSTS, CostAxis
from locomo_vqa.metric_names import METRICS
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.runs import Run, visual_handling
from locomo_vqa.scores import FEW_CONVERSATIONS, Interval
from locomo_vqa.statistics.paired import PairedDifference

from ..comparing.differences import compare_sides
from ..comparing.sides import Side, read_side
from ..efficiency import efficiency
from ..scoring.run_names import name_runs
from ..scoring.sources import BenchmarkSource, resolve_benchmark
from .compared_runs import FrontierRun
from .costs import cost_of
from .dominance import dominances
from .inputs import check_one_data, chosen_metric, read_runs
from .points import operating_points
from .result import Frontier

__all__ = ["frontier"]


@checked
def frontier(
    *runs: Run | str | Path,
    metric: str | None = None,
    x: CostAxis = "tokens",
    benchmark: BenchmarkSource | None = None,
    prices: str | Path | None = None,
    progress: bool | ProgressCallback = True,
) -> Frontier:
    """Show score against cost over runs, and name those that others dominate.

    A run is dominated if another one is at least as good and as cheap, and strictly better or
    cheaper. Whether its score is higher by more than chance says the exact paired test of
    `compare`, corrected for the number of such pairs.

    Args:
        runs: two or more finished runs or run folders, on one split of one benchmark.
        metric: the name of a metric; None for the first of J, L, F1 and V that every run has.
            Scores that a folder already has are not computed again.
        x: the cost: `tokens` (of the memory that the answering model was handed), `input_tokens`
            (of all prompts while questions were answered), `price` or `latency`.
        benchmark: the benchmark that was used, its folder, `sample`, or `org/name`; may be None
            for a run made in this process, or on the bundled sample.
        prices: a table of model prices, instead of the bundled one.
        progress: whether to show progress, or a function to call with it.

    Raises:
        InputError: an argument or a run can't be used, the runs are on different data, or the
            cost of one is not known.
        MissingResource: something that the metric needs is not on this machine.
    """
    check_choice("x", x, COSTS)
    if metric is not None:
        check_choice("metric", metric, METRICS)
    given = None if benchmark is None else load_argument(benchmark)
    found = read_runs(runs)
    names = name_runs([run.folder for run in found], [run.info for run in found])
    check_one_data(found, names)
    data = resolve_benchmark(given, found[0])
    split = found[0].info["dataset"]["split"]
    metrics = None if metric is None else [metric]
    sides: list[Side] = []
    with progress_reporter(progress) as report_progress:
        for place, run in enumerate(found):
            report_progress("scoring", place, len(found))
            sides.append(read_side(run.folder, data, split=split, metrics=metrics))
        report_progress("scoring", len(found), len(found))
    chosen = chosen_metric(metric, sides, names)
    questions = _questions_of_metric(questions_of(data, split), chosen)
    totals = [None] * len(found) if x != "price" else _prices(found, prices)
    systems, points = operating_points([run.info for run in found], [run.folder for run in found])
    made = [
        _frontier_run(
            run, side, chosen, x, questions, name=name, system=system, point=point, price=price
        )
        for run, side, name, system, point, price in zip(
            found, sides, names, systems, points, totals, strict=True
        )
    ]

    def compare(run: int, by: int) -> PairedDifference:
        pair = [sides[run], sides[by]]
        return compare_sides(pair, data, split=split, metrics=[chosen]).metrics[0].overall

    scores = sides[0].document["metrics"][chosen]
    return Frontier(
        dataset={"id": data.name, "revision": data.revision, "split": split},
        metric=chosen,
        signature=scores["signature"],
        scale=scores["scale"],
        x=x,
        runs=made,
        dominances=dominances([one.score for one in made], [one.cost for one in made], compare),
        notes=_notes(found, made, x, questions),
    )


def _questions_of_metric(questions: Sequence[Question], metric: str) -> list[Question]:
    visual = METRICS[metric].questions == "visual"
    return [question for question in questions if isinstance(question, VisualQuestion) == visual]


def _prices(runs: Sequence[Run], prices: str | Path | None) -> list[float | None]:
    report = efficiency(*runs, prices=prices)
    return [
        None if run.totals is None or not run.totals.all.calls else run.totals.all.cost_usd
        for run in report.runs
    ]


def _frontier_run(
    run: Run,
    side: Side,
    metric: str,
    x: CostAxis,
    questions: Sequence[Question],
    *,
    name: str,
    system: str,
    point: str,
    price: float | None,
) -> FrontierRun:
    overall = side.document["metrics"][metric]["overall"]
    context = run.info.get("context") or {}
    cost = cost_of(run, questions, x, name=name, price=price)
    interval = overall["interval"]
    return FrontierRun(
        name=name,
        system=system,
        point=point,
        folder=run.folder.resolve().name,
        context=context.get("tokens"),
        kept=context.get("kept"),
        tokenizer=context.get("tokenizer"),
        score=overall["value"],
        interval=None if interval is None else Interval(**interval),
        cost=cost.value,
        cost_interval=cost.interval,
    )


def _notes(
    runs: Sequence[Run], made: Sequence[FrontierRun], x: CostAxis, questions: Sequence[Question]
) -> list[str]:
    notes = [
        f"{one.name}: its context budget of {context_in_words(one.context)} was not kept."
        for one in made
        if one.kept is False
    ]
    tokenizers = dict.fromkeys(one.tokenizer for one in made if one.tokenizer)
    if x == "tokens" and len(tokenizers) > 1:
        notes.append(f"The tokens are not the same everywhere: {', '.join(tokenizers)} count them.")
    shown = dict.fromkeys((run.info["image_handling"], visual_handling(run.info)) for run in runs)
    if len(shown) > 1:
        words = ", ".join(f"{images} ({visual})" for images, visual in shown)
        notes.append(f"The runs show images in different ways: {words}.")
    conversations = len({question.conversation for question in questions})
    if conversations < FEW_CONVERSATIONS:
        notes.append(
            f"Over {conversations} conversations no difference in score can be shown to be "
            "more than chance: it takes six."
        )
    return notes
