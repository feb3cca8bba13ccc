"""Derives the content of a benchmark folder from another benchmark."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.benchmark import Benchmark, Conversation, ImageRecord, TextQuestion, VisualQuestion
from locomo_vqa.benchmark.read import read_manifest, read_report
from locomo_vqa.benchmark.write import BenchmarkContent

__all__ = ["benchmark_content"]


def benchmark_content(
    benchmark: Benchmark,
    *,
    conversations: Sequence[Conversation] | None = None,
    images: Sequence[ImageRecord] | None = None,
    text_questions: Sequence[TextQuestion] | None = None,
    visual_questions: Sequence[VisualQuestion] = (),
) -> BenchmarkContent:
    """Return a benchmark's content, with some parts replaced."""
    manifest = read_manifest(benchmark.folder)
    records = benchmark.images if images is None else images
    return BenchmarkContent(
        name=benchmark.name,
        license=manifest["license"],
        sources=manifest["sources"],
        conversations=benchmark.conversations if conversations is None else conversations,
        text_questions=benchmark.text_questions if text_questions is None else text_questions,
        visual_questions=visual_questions,
        images=records,
        image_files={r.sha256: benchmark.image_path(r.sha256) for r in records if r.sha256},
        report=read_report(benchmark.folder),
    )
