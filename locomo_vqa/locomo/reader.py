"""Reads LoCoMo's published files, repairs what is unambiguous, and reports everything it found.

Two layouts have the same content: `locomo10.json`, a list of conversations, and the older zip (or
folder) with one file for each conversation. `docs/data.md` describes their errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from locomo_vqa.benchmark import (
    Category,
    Conversation,
    Erratum,
    Image,
    ImageRecord,
    Session,
    Split,
    TextQuestion,
    Turn,
)
from locomo_vqa.errors import InputError
from locomo_vqa.files import clean_text
from locomo_vqa.locomo.evidence import repair_evidence, session_of
from locomo_vqa.locomo.files import read_samples
from locomo_vqa.locomo.report import ImportReport, count
from locomo_vqa.locomo.splits import split_by_order

__all__ = ["Errata", "Locomo", "read_locomo"]

Errata = Mapping[tuple[str, int], Erratum]
"""An audit's findings, by conversation and question index."""

_REMEDY = "Download locomo10.json again, or correct the file."
_SESSION = re.compile(r"session_([1-9][0-9]{0,3})")
_DATE = re.compile(r"session_([1-9][0-9]{0,3})_date_time")
_LIKE_SESSION = re.compile(r"session_\d+(_date_time)?")
_CATEGORIES: Mapping[float, Category] = {category: category for category in get_args(Category)}
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Locomo:
    """The parsed content of a LoCoMo file."""

    conversations: tuple[Conversation, ...]
    """In file order."""
    questions: tuple[TextQuestion, ...]
    """In file order, which is by conversation and index."""
    images: tuple[ImageRecord, ...]
    """One for each URL, then one for each caption without a URL."""
    report: ImportReport
    """The counts, and everything that was repaired, marked or left out."""


def read_locomo(
    path: Path,
    *,
    errata: Errata | None = None,
    split: Callable[[Sequence[str]], Mapping[str, Split]] = split_by_order,
) -> Locomo:
    """Read a LoCoMo file in either layout.

    Raises:
        InputError: it can't be read, is not valid, or lacks a session or a field.
    """
    samples = read_samples(path)
    splits = split([sample["sample_id"] for sample in samples])
    report = ImportReport()
    conversations: list[Conversation] = []
    questions: list[TextQuestion] = []
    for sample in samples:
        reader = _SampleReader(path, sample, splits[sample["sample_id"]], report)
        conversations.append(reader.conversation())
        questions.extend(reader.questions(errata or {}))
    _check_errata(path, errata or {}, questions)
    images = _image_records(conversations)
    report.counts = count(conversations, questions, images)
    return Locomo(tuple(conversations), tuple(questions), images, report)


class _SampleReader:
    """Reads one conversation from a file that matches the schema `locomo`."""

    def __init__(
        self, path: Path, sample: dict[str, Any], split: Split, report: ImportReport
    ) -> None:
        self.path = path
        self.id: str = sample["sample_id"]
        self.raw: dict[str, Any] = sample["conversation"]
        self.qa: list[dict[str, Any]] = sample["qa"]
        self.split = split
        self.report = report
        self.turns: set[str] = set()
        self.sessions: set[int] = set()

    def fail(self, where: str, problem: str) -> InputError:
        return InputError(f"{self.path}: {self.id}, {where}: {problem}.", _REMEDY)

    def conversation(self) -> Conversation:
        numbers = sorted(int(m[1]) for key in self.raw if (m := _SESSION.fullmatch(key)))
        for key in self.raw:
            if _LIKE_SESSION.fullmatch(key) and not (
                _SESSION.fullmatch(key) or _DATE.fullmatch(key)
            ):
                raise self.fail(repr(key[:40]), "is not a session's key, such as 'session_1'")
            if (date := _DATE.fullmatch(key)) and int(date[1]) not in numbers:
                self.report.add("date_without_session", f"{self.id}/{key}", self.raw[key])
        missing = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
        if not numbers or missing:
            raise self.fail(f"session_{missing[0] if missing else 1}", "the session is missing")
        self.sessions = set(numbers)
        return Conversation(
            id=self.id,
            split=self.split,
            speakers=(self.raw["speaker_a"], self.raw["speaker_b"]),
            sessions=tuple(self._session(number) for number in numbers),
        )

    def _session(self, number: int) -> Session:
        key = f"session_{number}_date_time"
        if key not in self.raw:
            raise self.fail(key, "the session's date is missing")
        try:
            time = datetime.strptime(self.raw[key], "%I:%M %p on %d %B, %Y")
        except ValueError:
            raise self.fail(
                key, f"{self.raw[key]!r} is not a date like '1:56 pm on 8 May, 2023'"
            ) from None
        turns = tuple(self._turn(number, turn) for turn in self.raw[f"session_{number}"])
        return Session(number=number, time=time, turns=turns)

    def _turn(self, session: int, raw: dict[str, Any]) -> Turn:
        turn = raw["dia_id"]
        if turn in self.turns or session_of(turn) != session:
            raise self.fail(
                f"session_{session}", f"the turn id {turn!r} is used twice or misplaced"
            )
        self.turns.add(turn)
        where = f"{self.id}/{turn}"
        if "query" in raw:
            self.report.add("query_dropped", where)
        elif "img_url" in raw:
            self.report.add("url_without_query", where)
        if "re-download" in raw:
            self.report.add("redownload_flag", where)
        return Turn(id=turn, speaker=raw["speaker"], text=raw["text"], images=self._images(raw))

    def _images(self, raw: dict[str, Any]) -> tuple[Image, ...]:
        caption = raw.get("blip_caption")
        urls = [self._url(raw["dia_id"], url) for url in raw.get("img_url", [])]
        if not urls:
            return (Image(url=None, state="no_url", caption=caption),) if caption else ()
        return tuple(Image(url=url, state="not_fetched", caption=caption) for url in urls)

    def _url(self, turn: str, url: str) -> str:
        repaired = clean_text(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), url))
        if repaired != url:
            self.report.add("url_repaired", f"{self.id}/{turn}", url)
        return repaired

    def questions(self, errata: Errata) -> list[TextQuestion]:
        questions: list[TextQuestion] = []
        seen: dict[tuple[str, Any, str | None], str] = {}
        asked: dict[str, str] = {}
        for index, raw in enumerate(self.qa):
            answer = self._answer(index, raw)
            category: Category = _CATEGORIES[raw["category"]]
            key = (
                raw["question"].strip(),
                raw["category"],
                answer or raw.get("adversarial_answer"),
            )
            question = TextQuestion(
                id=f"{self.id}/t/{index}",
                conversation=self.id,
                index=index,
                category=category,
                question=raw["question"],
                answer=answer,
                adversarial_answer=raw.get("adversarial_answer"),
                evidence=self._evidence(index, raw["evidence"]),
                split=self.split,
                duplicate_of=seen.get(key),
                erratum=errata.get((self.id, index)),
            )
            if question.duplicate_of:
                self.report.add("duplicate", question.id, f"repeats {question.duplicate_of}")
            elif key[0] in asked:
                self.report.add("same_question_other_category", question.id, f"as {asked[key[0]]}")
            seen.setdefault(key, question.id)
            asked.setdefault(key[0], question.id)
            questions.append(question)
        return questions

    def _answer(self, index: int, raw: dict[str, Any]) -> str | None:
        where = f"{self.id}/t/{index}"
        answer = raw.get("answer")
        if raw["category"] == 5:
            if "adversarial_answer" not in raw:
                raise self.fail(f"qa[{index}]", "'adversarial_answer' is missing")
            if answer is not None:
                self.report.add("adversarial_with_answer", where, str(answer))
        elif answer is None:
            raise self.fail(f"qa[{index}]", "'answer' is missing")
        if isinstance(answer, int | float):
            answer = int(answer)
            self.report.add("integer_answer", where, str(answer))
        return None if answer is None else str(answer)

    def _evidence(self, index: int, entries: Sequence[str]) -> tuple[str, ...]:
        where = f"{self.id}/t/{index}"
        evidence = repair_evidence(entries, self.turns)
        for entry in evidence.repaired:
            self.report.add("evidence_repaired", where, entry)
        for entry in evidence.kept:
            session = session_of(entry)
            if session is not None and session not in self.sessions:
                raise self.fail(
                    f"session_{session}",
                    f"the session is missing, but question {index} has evidence in it",
                )
            self.report.add("evidence_kept", where, entry)
        if not evidence.ids:
            self.report.add("no_evidence", where)
        return evidence.ids


def _check_errata(path: Path, errata: Errata, questions: Sequence[TextQuestion]) -> None:
    unknown = set(errata) - {(question.conversation, question.index) for question in questions}
    if unknown:
        conversation, index = min(unknown)
        raise InputError(
            f"{path}: has no question {conversation}/t/{index}, which the errata name.",
            "Give the errata that belong to this file.",
        )


def _image_records(conversations: Sequence[Conversation]) -> tuple[ImageRecord, ...]:
    places: dict[str, list[str]] = {}
    captions: list[ImageRecord] = []
    for conversation in conversations:
        for _, turn in conversation.turns():
            where = f"{conversation.id}/{turn.id}"
            for image in turn.images:
                if image.url is None:
                    captions.append(ImageRecord(url=None, state=image.state, turns=(where,)))
                else:
                    places.setdefault(image.url, []).append(where)
    fetched = [
        ImageRecord(url=url, state="not_fetched", turns=tuple(turns))
        for url, turns in places.items()
    ]
    return (*fetched, *captions)
