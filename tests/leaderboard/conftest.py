"""An invented benchmark, runs on it, and a scorer whose values can be worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PillowImage

from locomo_vqa.benchmark import (
    Benchmark,
    Conversation,
    Image,
    ImageRecord,
    Session,
    TextQuestion,
    Turn,
    VisualQuestion,
    load_benchmark,
)
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.exact_match import exact_match
from locomo_vqa.files import sha256_file
from locomo_vqa.leaderboard.submission.submit import submit
from locomo_vqa.runs import Prediction, SplitChoice, count_states
from locomo_vqa.scores import Estimate, Interval, MetricScores, RowCounts, RowScore, Scores

GOLD = {
    "conv-1/t/0": "a blue kite",
    "conv-1/t/1": "Lisbon",
    "conv-1/v/D1:1/colour": "red",
    "conv-2/t/0": "in March",
    "conv-2/v/D1:1/colour": "green",
    "conv-3/t/0": "a violin",
}
"""All questions with their answers: conv-1 and conv-2 are test, conv-3 is validation."""

TEST = [name for name in GOLD if not name.startswith("conv-3")]
DAY = date(2026, 8, 31)

MakeRun = Callable[..., Path]
Submit = Callable[..., Path]


@pytest.fixture(scope="session")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    """The invented benchmark, loaded from its folder."""
    folder = tmp_path_factory.mktemp("data")
    file = folder / "image.png"
    PillowImage.new("RGB", (2, 2), "red").save(file)
    sha256 = sha256_file(file)
    url = "https://images.example/1.png"
    image = Image(url=url, sha256=sha256, state="ok", caption="a kite")
    turns = (Turn(id="D1:1", speaker="Ada", text="Look at this!", images=(image,)),)
    sessions = (Session(number=1, time=datetime(2025, 3, 1, 9), turns=turns),)
    content = BenchmarkContent(
        name="Invented",
        license=None,
        sources=[],
        conversations=[
            Conversation(id=name, split=_split(name), speakers=("Ada", "Bo"), sessions=sessions)
            for name in ("conv-1", "conv-2", "conv-3")
        ],
        text_questions=[_text(name) for name in GOLD if "/t/" in name],
        visual_questions=[_visual(name, sha256) for name in GOLD if "/v/" in name],
        images=[
            ImageRecord(
                url=url,
                state="ok",
                sha256=sha256,
                bytes=file.stat().st_size,
                format="png",
            )
        ],
        image_files={sha256: file},
        report={},
    )
    write_benchmark(folder / "benchmark", content)
    return load_benchmark(folder / "benchmark")


def _split(conversation: str) -> Any:
    return "validation" if conversation == "conv-3" else "test"


def _text(name: str) -> TextQuestion:
    conversation, _, index = name.split("/")
    return TextQuestion(
        id=name,
        conversation=conversation,
        index=int(index),
        category=4,
        question="What?",
        answer=GOLD[name],
        adversarial_answer=None,
        evidence=("D1:1",),
        split=_split(conversation),
    )


def _visual(name: str, sha256: str) -> VisualQuestion:
    conversation, _, turn, question_type = name.split("/")
    assert question_type == "colour"
    return VisualQuestion(
        id=name,
        conversation=conversation,
        turn=turn,
        image=sha256,
        type="colour",
        question="Which colour?",
        answer=GOLD[name],
        reason="It is.",
        split=_split(conversation),
    )


class ExactScorer:
    """Exact match for both kinds of questions, under the names V and F1; nothing else."""

    def __call__(
        self,
        predictions: Sequence[Prediction],
        benchmark: Benchmark,
        *,
        split: SplitChoice,
        metrics: Sequence[str] | None = None,
        extra: int = 0,
    ) -> Scores:
        given = {p.question_id: p.prediction or "" for p in predictions}
        text = [q for q in benchmark.text_questions if split in ("all", q.split)]
        visual = [q for q in benchmark.visual_questions if split in ("all", q.split)]
        sheet = {
            "v": _metric({q.id: exact_match(given[q.id], q.answer) for q in visual}, 100),
            "f1": _metric({q.id: exact_match(given[q.id], q.answer or "") for q in text}, 1),
            "j": MetricScores(state="not_computed", reason="No judge is configured."),
        }
        lengths = [len(given[q.id].split()) for q in text]
        return Scores(
            rows=RowCounts(
                matched=len(given),
                missing=0,
                extra=extra,
                unscored=0,
                states=count_states(predictions),
            ),
            metrics=sheet,
            answer_length=sum(lengths) / len(lengths),
            by_question=[
                *_rows_of("v", {q.id: exact_match(given[q.id], q.answer) for q in visual}, 100),
                *_rows_of("f1", {q.id: exact_match(given[q.id], q.answer or "") for q in text}, 1),
            ],
        )


def _rows_of(metric: str, right: Mapping[str, bool], scale: float) -> list[RowScore]:
    return [
        RowScore(question_id=name, metric=metric, value=scale * is_right, state="ok")
        for name, is_right in right.items()
    ]


def _metric(right: Mapping[str, bool], scale: float) -> MetricScores:
    if not right:
        return MetricScores(state="not_computed", reason="The split has no such question.")
    value = scale * sum(right.values()) / len(right)
    interval = Interval(
        low=max(0, value - scale / 10), high=value + scale / 10, level=0.95, method="t", clusters=2
    )
    conversations = {name.split("/")[0] for name in right}
    return MetricScores(
        state="ok",
        signature=f"exact|scale={scale}",
        scale=scale,
        overall=Estimate(value=value, interval=interval, n=len(right)),
        by_conversation={
            name: Estimate(value=None, interval=None, n=0) for name in sorted(conversations)
        },
    )


@pytest.fixture
def scorer() -> ExactScorer:
    return ExactScorer()


@pytest.fixture
def make_run(tmp_path: Path, benchmark: Benchmark) -> MakeRun:
    """Writes a run folder; `answers` overrides the right answers, a None is an error."""

    def make(
        *,
        system: str = "echo",
        model: str | None = "tiny-1",
        split: str = "test",
        answers: Mapping[str, str | None] | None = None,
        **overrides: Any,
    ) -> Path:
        names = [n for n in GOLD if split == "all" or (n in TEST) == (split == "test")]
        given = {name: (answers or {}).get(name, GOLD[name]) for name in names}
        folder = tmp_path / "runs" / str(len(list((tmp_path / "runs").glob("*"))))
        folder.mkdir(parents=True)
        rows = [
            {
                "question_id": name,
                "prediction": answer,
                "state": "error" if answer is None else "ok",
                "retrieved": [{"text": "Look!", "score": 0.5, "turn": "D1:1"}],
                "error": "it broke" if answer is None else None,
            }
            for name, answer in given.items()
        ]
        failed = sum(answer is None for answer in given.values())
        write_rows(folder, rows)
        info: dict[str, Any] = {
            "schema_version": 1,
            "kind": "run",
            "system": {"name": system, "version": "1.0", "uses_images": True},
            "answerer": {
                "model": model,
                "provider": None,
                "temperature": 0.0,
                "prompt_sha256": None,
            },
            "image_handling": "pixels",
            "dataset": {
                "id": benchmark.name,
                "revision": benchmark.revision,
                "split": split,
                "sha256": sha256_file(benchmark.folder / "benchmark.json"),
            },
            "versions": {"locomo_vqa": "0.1"},
            "git": None,
            "counts": {"total": len(rows), "answered": len(rows) - failed, "failed": failed},
            "files": {"predictions.jsonl": sha256_file(folder / "predictions.jsonl")},
        }
        (folder / "run.json").write_text(json.dumps({**info, **overrides}), encoding="utf-8")
        return folder

    return make


def write_rows(folder: Path, rows: Sequence[Any]) -> None:
    """Write a predictions.jsonl."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "predictions.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """The folder that submissions are written to."""
    folder = tmp_path / "submissions"
    folder.mkdir()
    return folder


@pytest.fixture
def submitted(make_run: MakeRun, submissions: Path) -> Submit:
    """Makes a run and submits it; returns the entry's folder."""

    def make(
        *, day: date | None = DAY, name: str | None = None, url: str | None = None, **run: Any
    ) -> Path:
        submission = submit(
            make_run(**run),
            to=submissions,
            name=name,
            contact="ada@example.org",
            url=url,
            trained_on_locomo=False,
            date=day,
        )
        return submission.folder

    return make


@pytest.fixture
def reseal() -> Callable[[Path], None]:
    """Makes run.json's hash and counts fit an entry's predictions again."""

    def seal(entry: Path, **counts: int) -> None:
        info = json.loads((entry / "run.json").read_text(encoding="utf-8"))
        info["files"]["predictions.jsonl"] = sha256_file(entry / "predictions.jsonl")
        info["counts"].update(counts)
        (entry / "run.json").write_text(json.dumps(info), encoding="utf-8")

    return seal
