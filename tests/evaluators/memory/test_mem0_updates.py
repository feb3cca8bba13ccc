"""A thousand update replies, partly broken: nothing is lost, and every anomaly is counted.

The expectations are a small model of their own: each fact has a word that no other has, and the
word of every fact that was not dropped or deleted on purpose has to be found in the memory.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from locomo_vqa.evaluators.memory.store import MemoryStore
from locomo_vqa.evaluators.memory.updater import FactSource
from locomo_vqa.models.chat import ChatReply, ChatRequest

from .scripted import NOW, MakeScene, asked, reply

ROUNDS = 1000
TRIES = 3
MOST = 150
"""Facts that are remembered before more is deleted."""
_MARK = re.compile(r"mark\d+")
_UNREADABLE = ("broken_json", "truncated_json", "not_a_list", "refused")


def marks(text: str) -> set[str]:
    return set(_MARK.findall(text))


class Chaos:
    """Writes replies with known faults, and keeps account of what has to follow from them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.expected: Counter[str] = Counter()
        self.alive: set[str] = set()
        self.kinds: Counter[str] = Counter()
        self.facts = 0
        self.bad_left = 0
        self.kept = 0

    def new_round(self) -> list[str]:
        self.bad_left = self.rng.choice([0] * 12 + [1, 2, TRIES])
        count = self.rng.randint(1, 4)
        self.facts += count
        numbers = range(self.facts - count, self.facts)
        return [f"Ada noticed mark{number}." for number in numbers]

    def __call__(self, request: ChatRequest) -> ChatReply:
        shown, facts = asked(request)
        if self.bad_left:
            self.bad_left -= 1
            if len(request.replies) == TRIES - 1:
                raise AssertionError("the last objection is the only one that is sent")
            return self.unreadable(shown, facts)
        return reply(self.wrapped(json.dumps({"memory": self.entries(shown, facts)})))

    def wrapped(self, text: str) -> str:
        before = self.rng.choice(["", "<think>{maybe [</think>", "Here it is:\n```json\n"])
        return f"{before}{text}{self.rng.choice(['', chr(10), ' That is all.'])}"

    def unreadable(self, shown: dict[str, str], facts: list[str]) -> ChatReply:
        kind = self.rng.choice(_UNREADABLE)
        self.expected[kind] += 1
        whole = json.dumps({"memory": [{"id": "new", "event": "ADD", "text": facts[0]}, None]})
        if kind == "broken_json":
            return reply(self.rng.choice(["I can't say.", "", whole.replace(",", " ", 1)]))
        if kind == "truncated_json":
            return reply(whole[: self.rng.randint(1, len(whole) - 1)], "length")
        if kind == "not_a_list":
            return reply(self.rng.choice(['{"memory": {"id": "0"}}', '{"result": "done"}', "{}"]))
        return reply("No.", "refused")

    def after_unreadable(self, facts: list[str]) -> None:
        for fact in facts:
            self.alive |= marks(fact)
            self.kept += 1

    def entries(self, shown: dict[str, str], facts: list[str]) -> list[Any]:
        free = list(shown)
        self.rng.shuffle(free)
        written: list[Any] = []
        dropped: list[str] = []
        lost = False
        queue = list(facts)
        while queue:
            fact = queue.pop()
            usable = [k for k in KINDS if (bool(free) or not k[1]) and (bool(queue) or not k[2])]
            name, needs_memory, needs_fact, write = self.rng.choice(usable)
            self.kinds[name] += 1
            id = free.pop() if needs_memory else ""
            second = queue.pop() if needs_fact else ""
            made = write(self, id, shown.get(id, ""), fact, second)
            written += made.entries
            self.expected.update(made.anomalies)
            self.alive -= made.gone
            lost = lost or made.lost
            dropped += [fact] if made.dropped else []
            self.alive |= set() if made.dropped else marks(fact)
            self.alive |= marks(second)
        if len(self.alive) > MOST:
            written += [op("DELETE", id=id) for id in free]
            self.alive -= {mark for id in free for mark in marks(shown[id])}
        if lost:
            self.kept += len(dropped)
            for fact in dropped:
                self.alive |= marks(fact)
        self.rng.shuffle(written)
        return written


class Made:
    """What one fact leads to in the reply, and in the memory."""

    def __init__(
        self,
        *entries: Any,
        anomaly: str | None = None,
        lost: bool = False,
        dropped: bool = False,
        gone: set[str] | None = None,
    ) -> None:
        self.entries = list(entries)
        self.anomalies = [anomaly] if anomaly else []
        self.lost = lost
        self.dropped = dropped
        self.gone = gone or set()


def op(event: Any, text: Any = None, **more: Any) -> dict[str, Any]:
    return {"event": event, **({} if text is None else {"text": text}), **more}


Write = Callable[[Chaos, str, str, str, str], Made]


def bad_id(kind: str, *ids: Any) -> Write:
    def write(chaos: Chaos, id: str, old: str, fact: str, second: str) -> Made:
        wrong = chaos.rng.choice(ids)
        named = {} if wrong is None else {"id": wrong}
        if chaos.rng.random() < 0.3:
            return Made(op("DELETE", **named), anomaly=kind, lost=True, dropped=True)
        if chaos.rng.random() < 0.3:
            return Made(op("NONE", fact, **named), anomaly=kind, dropped=True)
        return Made(op("UPDATE", fact, **named), anomaly=kind, lost=True)

    return write


def bad_text(kind: str, *texts: Any) -> Write:
    def write(chaos: Chaos, id: str, old: str, fact: str, second: str) -> Made:
        entry = op(chaos.rng.choice(["ADD", "UPDATE"]), chaos.rng.choice(texts), id=id)
        if entry["event"] == "ADD":
            entry["id"] = "new"
        return Made(entry, anomaly=kind, lost=True, dropped=True)

    return write


KINDS: list[tuple[str, bool, bool, Write]] = [
    ("add", False, False, lambda c, i, o, f, s: Made(op("ADD", f, id="new"))),
    ("add without id", False, False, lambda c, i, o, f, s: Made(op(" add", f))),
    ("add, made-up id", False, False, lambda c, i, o, f, s: Made(op("ADD", f, id=977))),
    ("update", True, False, lambda c, i, o, f, s: Made(op("UPDATE", f"{o} {f}", id=i))),
    (
        "update, number",
        True,
        False,
        lambda c, i, o, f, s: Made(op("update", f"{o} {f}", id=int(i))),
    ),
    (
        "delete",
        True,
        False,
        lambda c, i, o, f, s: Made(op("DELETE", o, id=i), dropped=True, gone=marks(o)),
    ),
    ("none", True, False, lambda c, i, o, f, s: Made(op("NONE", o, id=i), dropped=True)),
    ("unmentioned", False, False, lambda c, i, o, f, s: Made(dropped=True)),
    (
        "duplicate",
        True,
        True,
        lambda c, i, o, f, s: Made(
            op("UPDATE", f"{o} {f}", id=i), op("UPDATE", s, id=i), anomaly="duplicate_id"
        ),
    ),
    (
        "contradiction",
        True,
        False,
        lambda c, i, o, f, s: Made(
            op("UPDATE", f"{o} {f}", id=i), op("DELETE", o, id=i), anomaly="contradiction"
        ),
    ),
    ("taken", True, False, lambda c, i, o, f, s: Made(op("ADD", f, id=i), anomaly="taken_id")),
    ("missing id", False, False, bad_id("missing_id", None, "", True, 1.5)),
    ("unknown id", False, False, bad_id("unknown_id", "977", 978)),
    ("invented id", False, False, bad_id("invented_id", "m1", "new", "0000-1111", "-1")),
    ("missing text", True, False, bad_text("missing_text", None)),
    ("text is no text", True, False, bad_text("text_not_text", 7, ["a"], {"b": 1}, False)),
    ("empty text", True, False, bad_text("empty_text", "", " \n")),
    ("string", False, False, lambda c, i, o, f, s: Made(f, anomaly="not_an_object", lost=True)),
    (
        "number",
        False,
        False,
        lambda c, i, o, f, s: Made(7, anomaly="not_an_object", lost=True, dropped=True),
    ),
    (
        "unknown event",
        False,
        False,
        lambda c, i, o, f, s: Made(op("MERGE", f), anomaly="unknown_event", lost=True),
    ),
    (
        "no event",
        True,
        False,
        lambda c, i, o, f, s: Made({"id": i}, anomaly="unknown_event", lost=True, dropped=True),
    ),
    (
        "known",
        True,
        False,
        lambda c, i, o, f, s: Made(
            op("ADD", o.upper(), id="new"), anomaly="known_text", dropped=True
        ),
    ),
]


@pytest.mark.slow
def test_a_thousand_replies_lose_nothing_and_every_anomaly_is_counted(
    scene: MakeScene,
) -> None:
    chaos = Chaos(20260)
    made = scene(chaos, tries=str(TRIES))
    store = made.pipeline.store
    for _ in range(ROUNDS):
        facts = chaos.new_round()
        given_up = chaos.bad_left == TRIES
        made.runner.run(made.pipeline.update(facts, FactSource(NOW, {"D1:1": "Ada: hello"})))
        if given_up:
            chaos.after_unreadable(facts)
        found = [mark for text in made.texts for mark in marks(text)]
        assert set(found) == chaos.alive
        assert all(text.strip() for text in made.texts)
    assert made.anomalies.nonzero() == chaos.expected
    assert made.pipeline.updater.facts_kept == chaos.kept
    assert set(chaos.kinds) == {kind[0] for kind in KINDS}
    assert set(chaos.expected) >= {*_UNREADABLE, "known_text", "duplicate_id", "contradiction"}
    added = [row["id"] for row in made.history if row["event"] == "ADD"]
    assert len(added) == len(set(added))
    deleted = {row["id"] for row in made.history if row["event"] == "DELETE"}
    assert set(added) - set(store.memories) == deleted
    assert dict(MemoryStore.replay(made.history).memories) == dict(store.memories)
    vectors = made.pipeline.index.search(made.runner.run(made.pipeline.embed(["Ada"]))[0], 9**9)
    assert {id for id, _ in vectors} == set(store.memories)


def test_a_reply_in_which_nothing_is_wrong_is_taken_at_its_word(
    scene: MakeScene,
) -> None:
    made = scene(lambda request: '{"memory": []}')
    made.runner.run(made.pipeline.update(["Ada has a cat."], FactSource(NOW, {"D1:1": "Ada: hi"})))
    assert made.texts == []
    assert made.anomalies.nonzero() == {}


def test_a_text_that_is_deleted_and_added_in_one_reply_stays(
    scene: MakeScene,
) -> None:
    replies = iter(
        [
            '{"memory": [{"id": "new", "event": "ADD", "text": "Ada has a cat."}]}',
            '{"memory": [{"id": "new", "event": "ADD", "text": "Ada has a cat."},'
            ' {"id": "0", "event": "DELETE"}]}',
        ]
    )
    made = scene(lambda request: next(replies))
    for turn in ("D1:1", "D2:1"):
        source = FactSource(NOW, {"D0:0": "Ben: no", turn: "Ada: my cat!"})
        made.runner.run(made.pipeline.update(["Ada has a cat."], source))
    (memory,) = made.pipeline.store.memories.values()
    assert (memory.id, memory.text, memory.turns) == ("m2", "Ada has a cat.", ("D2:1",))
    assert [row["event"] for row in made.history] == ["ADD", "DELETE", "ADD"]


def test_a_reply_that_can_t_be_read_is_asked_for_again_with_what_is_wrong(
    scene: MakeScene,
) -> None:
    made = scene(lambda request: "Sure.", tries="2")
    made.runner.run(made.pipeline.update(["Ada has a cat."], FactSource(NOW, {"D1:1": "Ada: hi"})))
    first, second = made.model.requests
    assert first.replies == ()
    ((said, objection),) = second.replies
    assert said == "Sure."
    assert "it is no JSON" in objection
    assert made.texts == ["Ada has a cat."]
    assert made.pipeline.updater.facts_kept == 1
