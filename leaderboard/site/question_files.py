"""Files of the question browser: a list of the questions, and a file for each with every answer.

They show gold answers and images, so they are only written for a maintainer who passes the
benchmark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import CATEGORIES, Benchmark, VisualQuestion
from locomo_vqa.benchmark.questions import Question, scored_questions
from locomo_vqa.errors import InputError

from ..board import Board
from ..question_scores import check_questions
from .answers import MOST_CHARACTERS, Answers, read_answers
from .board_rows import accepted_entries
from .data_files import DataFolder
from .score_matrix import ScoreMatrix
from .small_images import small_image
from .verdicts import Verdicts

if TYPE_CHECKING:
    pass

__all__ = ["write_questions"]

_AT_ONCE = 200
"""For how many questions all answers are in memory as texts."""


def write_questions(
    folder: DataFolder, board: Board, scores: ScoreMatrix, benchmark: Benchmark
) -> None:
    """Write the list of the questions, and each with its image and everyone's answers.

    Raises:
        InputError: an entry's answers can't be read any more, or scores.parquet has a question that
            the benchmark doesn't have.
    """
    numbers = {name: number for number, name in enumerate(scores.questions)}
    known = {each.id: each for each in scored_questions(benchmark, "all")}
    check_questions(board.folder, scores.questions, known)
    questions = [known[name] for name in scores.questions]
    verdicts = Verdicts(scores)
    answers = [
        read_answers(board.folder / entry.name, entry, benchmark, numbers)
        for entry in accepted_entries(board)
    ]
    images = _write_images(folder, benchmark, questions)
    turns = _turns(benchmark)
    for first in range(0, len(questions), _AT_ONCE):
        block = range(first, min(first + _AT_ONCE, len(questions)))
        for number, given in zip(block, _by_question(answers, block), strict=True):
            question = questions[number]
            folder.write(
                f"questions/{number}",
                {
                    **_about(question, images, turns),
                    "answers": _grouped(given, scores, verdicts, number),
                },
            )
    folder.write("questions", _listed(questions, verdicts))


def _by_question(answers: Sequence[Answers], block: range) -> Iterator[tuple[str | None, ...]]:
    """Yield everyone's answers to each question of a block."""
    return zip(*(each.of(block) for each in answers), strict=True)


def _grouped(
    given: Sequence[str | None], scores: ScoreMatrix, verdicts: Verdicts, number: int
) -> list[list[Any]]:
    """Return each different answer with its state, verdict, F1 and the entries that gave it."""
    found: dict[tuple[Any, ...], list[int]] = {}
    states = scores.states[:, number].tolist()
    rows = zip(given, states, verdicts.of(number), verdicts.overlap(number), strict=True)
    for entry, (text, state, verdict, overlap) in enumerate(rows):
        if verdict is not None or overlap is not None:
            found.setdefault((text, state, verdict, overlap), []).append(entry)
    return [
        [_shortened(text), scores.state_names[state], verdict, overlap, entries]
        for (text, state, verdict, overlap), entries in found.items()
    ]


def _about(
    question: Question, images: Mapping[str, str], turns: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    if isinstance(question, VisualQuestion):
        return {
            "question": question.question,
            "gold": question.answer,
            "image": images.get(question.image),
            "said": [[question.turn, turns.get((question.conversation, question.turn))]],
            "erratum": None,
        }
    return {
        "question": question.question,
        "gold": question.answer,
        "image": None,
        "said": [[turn, turns.get((question.conversation, turn))] for turn in question.evidence],
        "erratum": question.erratum and question.erratum.kind,
    }


def _turns(benchmark: Benchmark) -> dict[tuple[str, str], str]:
    return {
        (conversation.id, turn.id): f"{turn.speaker}: {turn.text}"
        for conversation in benchmark.conversations
        for session in conversation.sessions
        for turn in session.turns
    }


def _write_images(
    folder: DataFolder, benchmark: Benchmark, questions: Sequence[Question]
) -> dict[str, str]:
    """Write the image of each visual question, and return their paths by hash."""
    hashes = {each.image for each in questions if isinstance(each, VisualQuestion)}
    paths = {}
    for sha256 in sorted(hashes):
        try:
            content, extension = small_image(benchmark.read_image(sha256))
        except (InputError, KeyError):
            continue  # Its page says that the image is not there.
        paths[sha256] = f"images/{sha256}.{extension}"
        folder.write_bytes(paths[sha256], content)
    return paths


def _listed(questions: Sequence[Question], verdicts: Verdicts) -> dict[str, Any]:
    right, wrong = verdicts.counts()
    return {
        "judged": verdicts.judged,
        "questions": [
            {
                "id": question.id,
                "conversation": question.conversation,
                "group": _group(question),
                "visual": isinstance(question, VisualQuestion),
                "text": question.question,
                "right": int(right[number]),
                "wrong": int(wrong[number]),
            }
            for number, question in enumerate(questions)
        ],
    }


def _group(question: Question) -> str:
    if isinstance(question, VisualQuestion):
        return question.type
    return CATEGORIES[question.category]


def _shortened(text: str | None) -> str | None:
    if text is None or len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[: MOST_CHARACTERS - 1]}…"
