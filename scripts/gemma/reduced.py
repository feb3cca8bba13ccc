"""Cuts LoCoMo down to what two cores can run.

`python -m scripts.gemma.reduced BENCHMARK OUT --sessions 12 --questions 40` writes a benchmark in
which each validation and test conversation has its first 12 sessions, and 40 of the questions that
have a gold answer and evidence in these sessions alone, drawn at random, always the same ones. The
train split is unchanged.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, Conversation, TextQuestion, load_benchmark
from locomo_vqa.benchmark.read import read_manifest, read_report
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark

__all__ = ["draw_questions", "first_sessions", "write_reduced"]


def first_sessions(
    benchmark: Benchmark, sessions: int, tested: int | None = None
) -> list[Conversation]:
    """Return the conversations; those that are not in the train split with this many sessions.

    Args:
        benchmark: the benchmark.
        sessions: how many sessions to keep.
        tested: how many test conversations to keep; None for all.
    """
    found = [
        each if each.split == "train" else replace(each, sessions=each.sessions[:sessions])
        for each in benchmark.conversations
    ]
    left_out = [] if tested is None else [each for each in found if each.split == "test"][tested:]
    return [each for each in found if each not in left_out]


def draw_questions(
    benchmark: Benchmark, conversations: Sequence[Conversation], most: int
) -> list[TextQuestion]:
    """Return the train questions, and at most `most` of each other conversation."""
    kept = [question for question in benchmark.text_questions if question.split == "train"]
    for conversation in conversations:
        if conversation.split == "train":
            continue
        turns = {turn.id for session in conversation.sessions for turn in session.turns}
        answered = [
            question
            for question in benchmark.text_questions
            if question.conversation == conversation.id
            and question.category != 5
            and question.answer is not None
            and question.duplicate_of is None
            and question.evidence
            and turns.issuperset(question.evidence)
        ]
        number = min(most, len(answered))
        drawn = random.Random(conversation.id).sample(range(len(answered)), number)
        kept += [answered[index] for index in sorted(drawn)]
    return kept


def write_reduced(
    source: Path, out: Path, *, sessions: int, questions: int, tested: int | None = None
) -> str:
    """Write the reduced benchmark; return its revision.

    Raises:
        OutputError: `out` already exists or can't be written.
    """
    benchmark, manifest = load_benchmark(source), read_manifest(source)
    conversations = first_sessions(benchmark, sessions, tested)
    turns = {
        f"{each.id}/{turn.id}"
        for each in conversations
        for session in each.sessions
        for turn in session.turns
    }
    return write_benchmark(
        out,
        BenchmarkContent(
            name=f"{benchmark.name}, {sessions} sessions and {questions} questions",
            license=manifest["license"],
            sources=manifest["sources"],
            conversations=conversations,
            text_questions=draw_questions(benchmark, conversations, questions),
            visual_questions=[],
            images=[each for each in benchmark.images if turns.issuperset(each.turns)],
            image_files={
                each.sha256: benchmark.image_path(each.sha256)
                for each in benchmark.images
                if each.state == "ok" and each.sha256 is not None
            },
            report=read_report(source),
        ),
    )


def main() -> None:
    """Read the command line, and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--tested", type=int, help="keep this many test conversations")
    given = parser.parse_args()
    write_reduced(
        given.benchmark,
        given.out,
        sessions=given.sessions,
        questions=given.questions,
        tested=given.tested,
    )


if __name__ == "__main__":
    main()
