"""The stages that ask no model: ingest, images, split, publish."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import Benchmark, Conversation, VisualQuestion, load_benchmark
from locomo_vqa.benchmark.read import read_manifest, read_report
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_json, write_jsonl
from locomo_vqa.models.names import hide_credentials

from .build_folder import WorkFolder
from .ingest import ingest
from .publishing import ModelFact, ProbeFact, PublishFacts
from .question_kinds import PROMPT_SHA256
from .questions_file import QuestionRow, read_questions
from .recipe import Recipe
from .review.decisions import apply_decisions, read_decisions

if TYPE_CHECKING:
    from .images.fetching import Settings
    from .images.stage import Filled

__all__ = [
    "Finished",
    "facts_of",
    "fetch_pictures",
    "finish_questions",
    "ingest_source",
    "separate",
]


def ingest_source(recipe: Recipe, work: WorkFolder, *, errata: Path | None = None) -> Path:
    """Import the recipe's LoCoMo file; for `sample`, draw its images too, as a mirror."""
    if work.ingested.exists():
        return work.ingested
    source = Path(recipe.locomo)
    if recipe.locomo == "sample":
        source = _make_sample(work.path / "sample")
    ingest(source, work.ingested, errata=errata, name=recipe.name)
    return work.ingested


def _make_sample(folder: Path) -> Path:
    """Write the sample's LoCoMo file and its images, and list them as a mirror does."""
    from .sample.generate import image_name, write_sample

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sample = write_sample(folder)
    files = [{"url": url, "file": f"images/{image_name(url)}"} for url in sample.scenes]
    write_jsonl(folder / "mirror.jsonl", files)
    return folder / "locomo.json"


def fetch_pictures(
    recipe: Recipe,
    work: WorkFolder,
    *,
    settings: Settings,
    mirror: Path | None,
    progress: Callable[[int, int], None],
) -> Filled | None:
    """Fill in the pictures; None where an earlier run of the stage has done it."""
    from .images.stage import fill_pictures

    if work.pictured.exists():
        return None
    if recipe.locomo == "sample":
        mirror = work.path / "sample"
    return fill_pictures(
        str(work.need(work.ingested, "ingest")),
        work.pictured,
        settings=settings,
        mirror=mirror,
        look_distance=None,
        progress=progress,
    )


def separate(recipe: Recipe, work: WorkFolder) -> Sequence[Mapping[str, Any]]:
    """Remove from every split the pictures that several share, and return what was removed."""
    from .images.separate import separate_splits

    benchmark = load_benchmark(work.need(work.pictured, "images"))
    parts = separate_splits(
        benchmark.conversations, benchmark.images, (), look_distance=recipe.look_distance
    )
    removed = [asdict(each) for each in parts.removed]
    work.replace(work.split)
    kept = {record.sha256 for record in parts.images if record.sha256}
    write_benchmark(
        work.split,
        _content(
            benchmark,
            conversations=parts.conversations,
            images=parts.images,
            pictures={sha: benchmark.image_path(sha) for sha in kept},
        ),
    )
    write_json(work.removed, removed)
    return removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What `finish_questions` made."""

    benchmark: Benchmark
    """The benchmark with the questions."""
    rows: Sequence[QuestionRow]
    """The questions as they were reviewed."""
    aside: int
    """How many decisions of the review were not applied; see `review.decisions.Sorted`."""


def finish_questions(work: WorkFolder) -> Finished:
    """Write the benchmark folder with the reviewed questions.

    Raises:
        InputError: a stage is missing, or no question is left.
    """
    benchmark = load_benchmark(work.need(work.split, "split"))
    rows = read_questions(work.need(work.questions, "generate"))
    reviewed = apply_decisions(rows, read_decisions(work.review))
    rows = [row for row in reviewed.rows if row.state == "ok"]
    if not rows:
        raise InputError(
            f"{work.questions}: no question is left to publish.",
            "Look at why questions were dropped or rejected, and generate again.",
        )
    questions = [_question(row) for row in _in_order(benchmark, rows)]
    pictures = {r.sha256: benchmark.image_path(r.sha256) for r in benchmark.images if r.sha256}
    target = work.replace(work.path / "4-benchmark")
    content = _content(benchmark, images=benchmark.images, pictures=pictures)
    write_benchmark(target, replace(content, visual_questions=questions))
    return Finished(benchmark=load_benchmark(target), rows=rows, aside=reviewed.aside)


def facts_of(
    recipe: Recipe, work: WorkFolder, rows: Sequence[QuestionRow], repository: str | None
) -> PublishFacts:
    """Return what the card says of how the data set was made."""
    models = work.read(work.models, "probe") if work.models.exists() else {}
    selection = work.read(work.selection, "select")
    names = ProbeFact.__slots__
    return PublishFacts(
        quality={row.id: asdict(row.quality) for row in rows},
        generator=_model(recipe.generator, models),
        validator=_model(recipe.validator, models),
        prompt_sha256=PROMPT_SHA256,
        probe=[ProbeFact(**{n: result[n] for n in names}) for result in selection["results"]],
        stability=selection["stability"],
        remarks=selection["remarks"],
        removed_pictures=len(work.read(work.removed, "split")),
        recipe=recipe.text,
        repository=repository,
    )


def _model(spec: str, models: Mapping[str, Any]) -> ModelFact:
    name = hide_credentials(spec)
    found = models.get(name, {})
    return ModelFact(name=str(found.get("model") or name), revision=found.get("revision"))


def _content(
    benchmark: Benchmark,
    *,
    images: Sequence[Any],
    pictures: Mapping[str, Path],
    conversations: Sequence[Conversation] | None = None,
) -> BenchmarkContent:
    manifest = read_manifest(benchmark.folder)
    return BenchmarkContent(
        name=benchmark.name,
        license=manifest["license"],
        sources=manifest["sources"],
        conversations=benchmark.conversations if conversations is None else conversations,
        text_questions=benchmark.text_questions,
        visual_questions=(),
        images=images,
        image_files=pictures,
        report=read_report(benchmark.folder),
    )


def _in_order(benchmark: Benchmark, rows: Sequence[QuestionRow]) -> list[QuestionRow]:
    order = {
        (conversation.id, turn.id): number
        for conversation in benchmark.conversations
        for number, (_, turn) in enumerate(conversation.turns())
    }
    conversations = {c.id: number for number, c in enumerate(benchmark.conversations)}
    return sorted(
        rows, key=lambda row: (conversations[row.conversation], order[row.conversation, row.turn])
    )


def _question(row: QuestionRow) -> VisualQuestion:
    assert row.question is not None and row.answer is not None
    return VisualQuestion(
        id=row.id,
        conversation=row.conversation,
        turn=row.turn,
        image=row.image,
        type=row.type,
        question=row.question,
        answer=row.answer,
        reason=row.reason or "",
        split=row.split,
    )
