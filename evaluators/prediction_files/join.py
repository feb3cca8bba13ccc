"""Joins the rows of a file with the benchmark's questions, each at most once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path

from locomo_vqa.benchmark import TextQuestion

from .changed import join_changed
from .groups import Group, assign, group_rows
from .positions import join_by_position
from .questions import ConversationQuestions, Questions, gold_fits
from .rows import SourceRow
from .spelling import Spellings

__all__ = ["Joined", "join_rows"]


@dataclass(slots=True, kw_only=True)
class Joined:
    """The result of joining rows with questions."""

    rows: dict[str, SourceRow] = field(default_factory=dict)
    """The row for each question, by question id."""
    unmatched: list[SourceRow] = field(default_factory=list)
    """Rows that match no question."""
    repeated: list[tuple[str, SourceRow]] = field(default_factory=list)
    """Additional rows for a question that already has one, with the question's id."""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """(key, conversation) pairs whose key suggests another conversation."""
    spread: list[str] = field(default_factory=list)
    """Keys whose rows belong to several conversations."""
    by_position: list[tuple[str | None, str]] = field(default_factory=list)
    """(key, conversation) pairs whose rows were joined by their order alone."""
    respelled: list[SourceRow] = field(default_factory=list)
    """Rows whose question differs from the benchmark's in case, quotes or punctuation only."""
    changed: list[SourceRow] = field(default_factory=list)
    """Rows whose question has other words, joined by number, category and gold answer."""

    @property
    def repeats(self) -> list[SourceRow]:
        """Additional rows for a question that already has one."""
        return [row for _, row in self.repeated]

    def put(self, question_id: str, row: SourceRow) -> None:
        """Set the row of a question, unless it already has one."""
        if question_id in self.rows:
            self.repeated.append((question_id, row))
        else:
            self.rows[question_id] = row


def join_rows(rows: Sequence[SourceRow], questions: Questions, *, path: Path) -> Joined:
    """Join by id, then by text within a conversation, then by conversation and order.

    A text that the benchmark doesn't have is compared again by its words alone; what is left then
    is joined by number, category and gold answer, where the rows around it fix the conversation.

    Raises:
        InputError: a group of rows has no text, and its order is ambiguous.
    """
    joined = Joined()
    spelled = _as_benchmark_spells(rows, questions, joined)
    rest = [row for row in spelled if not _join_by_id(row, questions, joined)]
    members: dict[str, list[SourceRow]] = {}
    for group in group_rows(rest):
        if not _by_order(group, questions):
            _note_key(group, pairs := assign(group, questions), questions, joined)
            for row, name in pairs:
                if name is None:
                    joined.unmatched.append(row)
                else:
                    members.setdefault(name, []).append(row)
        else:
            pairs_by_order = join_by_position(group, questions, path=path)
            joined.by_position.append((group.key, pairs_by_order[0][0].conversation))
            for question, row in pairs_by_order:
                joined.put(question.id, row)
    for name, asked in members.items():
        _join_conversation(
            sorted(asked, key=attrgetter("order")), questions.conversations[name], joined
        )
    _join_changed(spelled, questions, joined)
    return joined


def _by_order(group: Group, questions: Questions) -> bool:
    """Return whether a group has only its order or numbers to join it by."""
    if any(row.question for row in group.rows):
        return False
    if any(row.question_id for row in group.rows):
        return questions.hint(group.key) is not None and all(
            row.index is not None for row in group.rows
        )
    return True


def _as_benchmark_spells(
    rows: Sequence[SourceRow], questions: Questions, joined: Joined
) -> list[SourceRow]:
    """Return the rows with the benchmark's own spelling of their questions, where it has one."""
    known = {*questions.holders, *questions.words.values()}
    if all(row.question is None or row.question in known for row in rows):
        return list(rows)
    spellings = Spellings(known)
    spelled = []
    for row in rows:
        if row.question is not None and row.question not in known:
            candidates = spellings.of(row.question)
            if candidates:
                row = replace(row, question=candidates[0])
                joined.respelled.append(row)
        spelled.append(row)
    return spelled


def _join_changed(rows: Sequence[SourceRow], questions: Questions, joined: Joined) -> None:
    """Join what is left by number, category and gold answer."""
    left = [
        row
        for row in joined.unmatched
        if row.question is not None and row.question not in questions.holders
    ]
    by_id = {q.id: q for c in questions.conversations.values() for q in c.in_order}
    if not left or len(left) > len(by_id):  # Too many: the file asks something else.
        return
    placed = {row.order: by_id[name] for name, row in joined.rows.items() if name in by_id}
    found = join_changed(left, rows, placed, questions)
    joined.unmatched = [row for row in joined.unmatched if row.order not in found]
    joined.changed = [row for row in left if row.order in found]
    for row in joined.changed:
        joined.put(found[row.order].id, row)


def _join_by_id(row: SourceRow, questions: Questions, joined: Joined) -> bool:
    words = questions.words.get(row.question_id or "")
    if words is None or row.question not in (None, words):
        return False
    assert row.question_id is not None
    joined.put(row.question_id, row)
    return True


def _note_key(
    group: Group,
    pairs: Sequence[tuple[SourceRow, str | None]],
    questions: Questions,
    joined: Joined,
) -> None:
    names = {name for _, name in pairs if name is not None}
    if group.key is None or not names:
        return
    if len(names) > 1:
        joined.spread.append(group.key)
    elif questions.hint(group.key) not in (None, *names):
        joined.renamed.append((group.key, names.pop()))


def _join_conversation(
    rows: Sequence[SourceRow], questions: ConversationQuestions, joined: Joined
) -> None:
    base = _index_base(rows, questions)
    later = []
    for row in rows:
        question = _at_index(row, questions, base)
        if question is None:
            later.append(row)
        else:
            joined.put(question.id, row)
    for row in later:
        _join_by_text(row, questions, joined)


def _join_by_text(row: SourceRow, questions: ConversationQuestions, joined: Joined) -> None:
    candidates = questions.by_text.get(row.question or "", ())
    if not candidates:
        joined.unmatched.append(row)
        return
    candidates = _prefer(candidates, lambda question: question.category == row.category)
    candidates = _prefer(candidates, lambda question: gold_fits(row, question))
    free = [question for question in candidates if question.id not in joined.rows]
    joined.put((free or candidates)[0].id, row)


def _prefer(
    candidates: Sequence[TextQuestion], fits: Callable[[TextQuestion], bool]
) -> tuple[TextQuestion, ...]:
    return tuple(filter(fits, candidates)) or tuple(candidates)


def _index_base(rows: Sequence[SourceRow], questions: ConversationQuestions) -> int:
    """Return 0 or 1, the number of the file's first question that matches more texts."""
    fits = [sum(_at_index(row, questions, base) is not None for row in rows) for base in (0, 1)]
    return int(fits[1] > fits[0])


def _at_index(row: SourceRow, questions: ConversationQuestions, base: int) -> TextQuestion | None:
    if row.index is None or row.question is None:
        return None
    question = questions.by_index.get(row.index - base)
    fits = question is not None and question in questions.by_text.get(row.question, ())
    return question if fits else None
