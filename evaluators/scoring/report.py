"""The score report: the scores of one source of predictions, with notes and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import read_json, write_json, write_jsonl
from locomo_vqa.html_table import html_table
from locomo_vqa.metric_names import metric_title
from locomo_vqa.plain_rows import plain_row
from locomo_vqa.published_files import ReportedVerdicts
from locomo_vqa.repeats import repeats_in
from locomo_vqa.runs import Prediction, Run
from locomo_vqa.scores import MetricScores, Scores

from ..failures import FailureReport
from ..retrieval.table import Retrieval
from .table import SCORES_TABLE, score_columns, write_score_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ScoreReport", "digits_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ScoreReport(Mapping[str, MetricScores]):
    """The scores of a run or of predictions, by metric name.

    `report["f1"].value` is a mean, `report["f1"].interval` its confidence interval; iterating
    gives the names of the metrics. A notebook shows it as a table.
    """

    scores: Scores
    """Everything that was computed."""
    document: Mapping[str, Any]
    """The content of scores.json, valid against its schema."""
    benchmark: Benchmark
    """The benchmark whose questions were answered."""
    predictions: Sequence[Prediction]
    """The scored predictions, at most one per question."""
    run: Run | None
    """The run; None if the predictions come from elsewhere."""
    notes: Sequence[str]
    """Notes on the predictions, such as failed rows, one sentence each."""
    warnings: Sequence[str]
    """Warnings about suspicious scores, such as a conversation far below the others."""
    failed: int
    """The number of rows in a failed state, including adversarial questions."""
    judgements: Sequence[Mapping[str, Any]] = ()
    """The lines of judgements.jsonl: the judges' verdicts on each answer."""
    unscored: int = 0
    """The number of answers without a verdict."""
    retrieval: Retrieval | None = None
    """What was found among the retrieved passages; None if R was not asked for."""
    failures: FailureReport | None = None
    """Why each wrong answer is wrong; None if only metrics without a verdict were asked for."""
    reported: ReportedVerdicts | None = None
    """The verdicts of a judge that the source carries."""
    passes: Mapping[str, Sequence[Mapping[str, float]]] = field(default_factory=dict)
    """By metric: the values by question of each pass of a judge that was asked several times."""

    runs: Sequence[ScoreReport] = ()
    """The reports on several runs of one system that this one joins; empty for a single run."""

    @property
    def noise(self) -> Mapping[str, Any] | None:
        """The section `noise` of scores.json: the variance of each score, in parts.

        It is None if nothing was repeated: one run, whose answers were judged once.
        """
        found: Mapping[str, Any] | None = self.document.get("noise")
        return found

    @property
    def abstention(self) -> Mapping[str, Any] | None:
        """The parts of A by kind of questions, as in scores.json; None if A was not computed."""
        return self.scores.abstention

    def __getitem__(self, name: str) -> MetricScores:
        try:
            return self.scores.metrics[name]
        except KeyError:
            known = ", ".join(self.scores.metrics)
            raise KeyError(f"{name} was not scored; the metrics are {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.scores.metrics)

    def __len__(self) -> int:
        return len(self.scores.metrics)

    def __repr__(self) -> str:
        values = ", ".join(
            f"{name}={scores.value:.{digits_of(scores)}f}"
            for name, scores in self.items()
            if scores.value is not None
        )
        return f"<ScoreReport of {self.document['source']['name']}: {values or 'no values'}>"

    def _repr_html_(self) -> str:
        source, dataset = self.document["source"]["name"], self.document["dataset"]
        return html_table(
            ["Metric", "State"],
            [_html_row(name, scores) for name, scores in self.items()],
            numbers=["Value", "95 % interval", "n"],
            caption=f"{source} on {dataset['id']}, split {dataset['split']}",
            notes=[*self.warnings, *self.notes],
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with one row for each question and metric.

        It has the columns of scores.parquet; see `scoring.table.score_columns`.
        """
        import pandas as pd

        return pd.DataFrame(self._columns())

    def write(self, folder: str | Path | None = None) -> Path:
        """Write scores.json, scores.jsonl and scores.parquet into a folder, and return it.

        If answers were judged, judgements.jsonl is written too; if it was looked for why answers
        are wrong, failures.jsonl.

        Args:
            folder: the folder to write to; None for the run's own. Existing scores of the same
                predictions are replaced.

        Raises:
            InputError: `folder` is None, but the predictions are not from a run.
            OutputError: the folder is a benchmark, holds the scores of other predictions, or
                can't be written.
        """
        if folder is None and self.run is None:
            raise InputError("`folder` must be given: there is no run folder.", "Name a folder.")
        own = self.run is not None and (folder is None or _is_same_folder(folder, self.run.folder))
        own = own or (folder is not None and self.runs != () and repeats_in(Path(folder)) != [])
        place = self.run.folder if folder is None and self.run else Path(str(folder))
        try:
            if not own:
                _check_free(place, self)
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{place}: the folder can't be created ({error.strerror}).", "Choose another `out`."
            ) from None
        write_jsonl(place / "scores.jsonl", [plain_row(row) for row in self.scores.by_question])
        if self.judgements:
            write_jsonl(place / "judgements.jsonl", self.judgements)
        if self.failures is not None:
            write_jsonl(place / "failures.jsonl", [row.to_row() for row in self.failures])
        write_json(place / "scores.json", self.document)
        write_score_table(place / SCORES_TABLE, self._columns())
        return place

    def _columns(self) -> dict[str, list[Any]]:
        return score_columns(self.benchmark, self.predictions, self.scores.by_question)


def digits_of(scores: MetricScores) -> int:
    """Return the number of decimals to show for a metric."""
    return 1 if scores.scale == 100 else 4


def _html_row(name: str, scores: MetricScores) -> list[str | None]:
    digits, span = digits_of(scores), scores.interval
    value = None if scores.value is None else f"{scores.value:.{digits}f}"
    interval = None if span is None else f"{span.low:.{digits}f} … {span.high:.{digits}f}"
    state = scores.state if scores.reason is None else f"{scores.state}: {scores.reason}"
    number = f"{scores.overall.n:,}" if scores.state != "not_computed" else None
    lenient = scores.corrected is not None and scores.corrected.lenient
    title = metric_title(name) + (" *" if lenient else "")
    return [title, state.replace("_", " ", 1), value, interval, number]


def _is_same_folder(one: str | Path, two: Path) -> bool:
    return Path(one).resolve() == two.resolve()


def _check_free(folder: Path, report: ScoreReport) -> None:
    if (folder / "benchmark.json").exists():
        raise OutputError(f"{folder}: is a benchmark folder.", "Choose another `out`.")
    path = folder / "scores.json"
    if not path.exists():
        return
    try:
        source = read_json(path, what="the scores")["source"]["sha256"]
    except (InputError, KeyError, TypeError):
        source = None
    if source != report.document["source"]["sha256"]:
        raise OutputError(
            f"{path}: contains the scores of other predictions.",
            "Choose another `out`, or remove it.",
        )
