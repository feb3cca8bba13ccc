"""What the calls of each session and question were, by the run's own files."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from locomo_vqa.jsonl_log import read_jsonl_log
from locomo_vqa.prices import PriceTable

from ..proxy.calls import Call
from ..proxy.counting import METERED
from ..proxy.ledger import read_calls
from ..proxy.model_calls import read_model_calls_of_each
from .money import Unit, unit_of

__all__ = ["SeenCall", "SeenConversation", "read_seen"]

_BYTES_A_TOKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """A call to a model."""

    stage: str
    time: str
    text: float
    """UTF-8 bytes of its text."""
    images: int
    sent: int | None
    """Tokens in; None if unknown."""
    came: int | None
    """Tokens out; None if unknown."""
    unit: Unit | None
    """What a token costs; None for a model in the run's own process."""
    cost: float | None
    """What it costs, or would if it had not been replayed; None if unknown."""


@dataclass(slots=True)
class SeenConversation:
    """What was seen of a conversation that was read whole."""

    sessions: list[list[SeenCall]] = field(default_factory=list)
    """The calls of each session; one list for all sessions if that is all that is known."""
    session_seconds: list[float] = field(default_factory=list)
    flush: list[SeenCall] = field(default_factory=list)
    """The calls after the last session and before the first question."""
    questions: dict[str, list[SeenCall]] = field(default_factory=dict)
    """The calls of each question that was asked since."""
    question_seconds: dict[str, float] = field(default_factory=dict)


def read_seen(
    out: Path,
    homes: Mapping[str, str],
    marks: Mapping[str, Sequence[str]],
    prices: PriceTable,
) -> dict[str, SeenConversation]:
    """Return what is known of each conversation that the run read whole.

    Args:
        out: the run folder.
        homes: the conversation of each question.
        marks: when each conversation's last reading began, and when each session of it was read.
        prices: what a token costs.
    """
    calls: dict[str, list[SeenCall]] = {}
    for name, call in _calls(out, prices):
        calls.setdefault(name, []).append(call)
    found = {}
    for name, line in _timelines(out, homes).items():
        seen = SeenConversation()
        times = marks.get(name, ())
        if len(times) > 1 and line.begun <= times[0] and times[-1] <= line.read:
            begun, *ends = times
            seen.session_seconds = _spans(times)
        else:  # All sessions are one list.
            begun, ends = line.begun, [line.read]
            seen.session_seconds = [line.seconds]
        seen.sessions = [[] for _ in ends]
        asked = [time for time, _, _ in line.answers]
        seen.questions = {id: [] for _, id, _ in line.answers}
        seen.question_seconds = {id: seconds for _, id, seconds in line.answers}
        for call in calls.get(name, ()):
            if call.time < begun:
                continue
            if call.time <= ends[-1]:
                seen.sessions[bisect.bisect_left(ends, call.time)].append(call)
            elif call.time <= line.read:
                seen.flush.append(call)
            elif (place := bisect.bisect_left(asked, call.time)) < len(asked):
                seen.questions[line.answers[place][1]].append(call)
        found[name] = seen
    return found


@dataclass(slots=True)
class _Timeline:
    begun: str
    """When the call of the run began that read the conversation last."""
    read: str
    """When the last reading ended."""
    seconds: float
    """How long it took."""
    answers: list[tuple[str, str, float]] = field(default_factory=list)
    """The questions after it: when each was answered, its id, and its seconds."""


def _timelines(out: Path, homes: Mapping[str, str]) -> dict[str, _Timeline]:
    found: dict[str, _Timeline] = {}
    path = out / "journal.jsonl"
    if not path.is_file():
        return found
    begun = ""
    for _, row in read_jsonl_log(path, what="the journal"):
        if row["event"] == "begin":
            begun = row["time"]
        elif row["event"] == "ingest" and row["state"] == "ok":
            seconds = row["latency_ms"] / 1000
            found[row["conversation"]] = _Timeline(begun, row["time"], seconds)
        elif row["event"] == "ingest":
            found.pop(row["conversation"], None)
        elif row["event"] == "answer" and row["state"] != "not_ingested":
            line = found.get(homes.get(row["question_id"], ""))
            if line is not None:
                seconds = (row["latency_ms"] or 0.0) / 1000
                line.answers.append((row["time"], row["question_id"], seconds))
    return found


def _spans(times: Sequence[str]) -> list[float]:
    """Return the seconds between times."""
    known = [datetime.fromisoformat(time) for time in times]
    return [(later - sooner).total_seconds() for sooner, later in itertools.pairwise(known)]


def _calls(out: Path, prices: PriceTable) -> Iterator[tuple[str, SeenCall]]:
    ledger = out / "calls.jsonl"
    for call in read_calls(ledger) if ledger.is_file() else ():
        if call.path.removeprefix("/v1") in METERED and call.outcome != "refused":
            yield call.conversation, _of_proxy(call, prices)
    for name, own in read_model_calls_of_each(out):
        sent = own.input_tokens
        yield (
            name,
            SeenCall(
                stage=own.stage,
                time=own.time,
                text=float(_BYTES_A_TOKEN * (sent or 0)),
                images=0,
                sent=sent,
                came=own.output_tokens,
                unit=None,
                cost=0.0,
            ),
        )


def _of_proxy(call: Call, prices: PriceTable) -> SeenCall:
    text = call.text_bytes
    return SeenCall(
        stage=call.stage,
        time=call.time,
        text=float(_BYTES_A_TOKEN * (call.input_tokens or 0) if text is None else text),
        images=call.images,
        sent=call.input_tokens,
        came=call.output_tokens,
        unit=unit_of(call, prices),
        cost=prices.cost_of(call),
    )
