"""A teacher that needs no model: the observations that come with LoCoMo.

`locomo10.json` has facts of each session and speaker, each with the turns that it comes from; a
large model of LoCoMo's authors wrote them. They become extraction targets. The file has no update
operations, so these are inferred: a fact updates the most similar memory that is shown if both
share most of their words, and is added otherwise.

An observation begins with the day of its session, as in LoCoMo's own retrieval over observations:
most of them say "recently", and without the day no question about time could be answered.

It is the only signal of a teacher on the real data that needs no model. It is not the paper's: the
facts were written from whole sessions and not from two turns, and the updates are a rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, sha256_file
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.runs import Usage

from ...memory import LexicalEmbedder
from ...memory.prompts import calendar, turn_as_text
from ...running.view import ConversationView
from .samples import DATA_SPLITS

__all__ = ["OBSERVATIONS", "SIMILAR", "ObservationModel", "read_observations"]

OBSERVATIONS = "locomo-observations"
"""The name of this teacher."""

SIMILAR = 0.7
"""The cosine of the lexical embedding from which a fact updates a memory; our assumption."""

_MEMORIES, _FACTS = "Memories now: ", "New facts: "
_DAY = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}: ")
_REMEDY = "Give LoCoMo's own locomo10.json as `locomo`."


class ObservationModel:
    """Answers the reduced prompts of extraction and update as a model would."""

    name = OBSERVATIONS
    in_flight = 1

    def __init__(self, file: Path, benchmark: Benchmark) -> None:
        """Read the observations of the train and validation conversations of a benchmark.

        Raises:
            InputError: the file can't be read, or lacks the observations of a conversation.
        """
        self._sha256 = sha256_file(file)
        self._embedder = LexicalEmbedder()
        self._facts: dict[tuple[str, str], list[str]] = {}
        by_conversation = read_observations(file)
        for conversation in benchmark.conversations:
            if conversation.split not in DATA_SPLITS:
                continue
            if conversation.id not in by_conversation:
                raise InputError(f"{file}: has no observations of {conversation.id}.", _REMEDY)
            observed = by_conversation[conversation.id]
            for session in ConversationView(benchmark, conversation, "none").sessions():
                for turn in session:
                    key = (calendar(turn.time), turn_as_text(turn.speaker, turn.text))
                    self._facts.setdefault(key, []).extend(
                        f"{_day(turn.time)}: {fact}" for fact in observed.get(turn.id, ())
                    )

    def identity(self) -> Mapping[str, Any]:
        """Return the name, and the SHA-256 of the file."""
        return {"backend": OBSERVATIONS, "sha256": self._sha256, "similar": SIMILAR}

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the facts of the turns in an extraction, or the operations of an update."""
        lines = request.text.split("\n")
        if lines[0].startswith(_MEMORIES):
            content: dict[str, Any] = {"memory": await self._operations(lines)}
        else:
            facts = [fact for line in lines[2:] for fact in self._facts.get((lines[1], line), ())]
            content = {"facts": facts}
        text = json.dumps(content, ensure_ascii=False)
        return ChatReply(text=text, finish="stop", usage=Usage())

    async def close(self) -> None:
        """Do nothing."""

    async def _operations(self, lines: list[str]) -> list[dict[str, str]]:
        memories = json.loads(lines[0].removeprefix(_MEMORIES))
        facts = json.loads(lines[1].removeprefix(_FACTS))
        remembered = [_without_day(memory["text"]) for memory in memories]
        known, _ = await self._embedder.embed(remembered or [""])
        vectors, _ = await self._embedder.embed([_without_day(fact) for fact in facts] or [""])
        operations: list[dict[str, str]] = []
        updated: set[str] = set()
        for fact, vector in zip(facts, vectors, strict=False):
            nearest = int((known @ vector).argmax())
            id = memories[nearest]["id"] if memories else ""
            if memories and float(known[nearest] @ vector) >= SIMILAR and id not in updated:
                updated.add(id)
                operations.append({"id": id, "event": "UPDATE", "text": fact})
            else:
                operations.append({"event": "ADD", "text": fact})
        return operations


def _day(time: datetime) -> str:
    return f"{time.day} {time:%B} {time.year}"


def _without_day(fact: str) -> str:
    """Return a fact without its day, which would make facts of one session seem similar."""
    return _DAY.sub("", fact, count=1) if _DAY.match(fact) else fact


def read_observations(file: Path) -> dict[str, dict[str, list[str]]]:
    """Return LoCoMo's observations by conversation and by the last turn that each comes from.

    Raises:
        InputError: the file can't be read, or is not LoCoMo's.
    """
    content = read_json(file, what="LoCoMo's file")
    try:
        return {
            conversation["sample_id"]: _by_turn(conversation["observation"])
            for conversation in content
        }
    except (KeyError, TypeError, AttributeError, ValueError):
        raise InputError(
            f"{file}: has no observations as LoCoMo's file has them.", _REMEDY
        ) from None


def _by_turn(sessions: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fact, turn in _facts_in(sessions):
        found.setdefault(turn, []).append(fact)
    return found


def _facts_in(sessions: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for speakers in sessions.values():
        for facts in speakers.values():
            for fact, turns in facts:
                last = turns[-1] if isinstance(turns, list) else turns
                # Some entries name several turns in one text.
                yield str(fact), str(last).replace(",", " ").split()[-1]
