"""Stores of replies and logs against a plain dict and list, however their calls are interleaved."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from locomo_vqa.jsonl_log import JsonlLog, read_jsonl_log
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.responses import ResponseStore
from locomo_vqa.runs import Usage

from .profile import few_examples

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MODELS = st.sampled_from([{"model": "a"}, {"model": "b"}, {"model": "a", "revision": 1}])
REQUESTS = st.builds(
    ChatRequest,
    text=st.sampled_from(["", "who?", "who? ", "\0", "😀"]),
    temperature=st.sampled_from([0.0, 1.0]),
    max_tokens=st.sampled_from([1, 256]),
    replies=st.sampled_from([(), (("no", "why?"),)]),
)
REPLIES = st.builds(
    ChatReply,
    text=st.sampled_from(["three", "", "\0", "a\ud800", "<b>", "7 May"]),
    finish=st.sampled_from(["stop", "length", "filtered"]),
    usage=st.builds(Usage, calls=st.just(1), input_tokens=st.none() | st.integers(0, 9)),
)


class StoreAndDict(RuleBasedStateMachine):
    """The first reply to a request counts, until it is rejected."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.stores = [self._open(), self._open()]
        self.replies: dict[str, tuple[str, str] | None] = {}

    def _open(self) -> ResponseStore:
        return ResponseStore(self.folder / "r.sqlite")

    @rule(model=MODELS, request=REQUESTS, reply=REPLIES, which=st.integers(0, 1))
    def put(
        self, model: dict[str, Any], request: ChatRequest, reply: ChatReply, which: int
    ) -> None:
        key = _key(model, request)
        new = (reply.text.replace("\ud800", "\ufffd"), reply.finish)
        expected = self.replies.get(key) or new
        stored = self.stores[which].put(model, request, reply)
        assert (stored.text, stored.finish) == expected
        self.replies[key] = expected

    @rule(model=MODELS, request=REQUESTS, which=st.integers(0, 1))
    def get(self, model: dict[str, Any], request: ChatRequest, which: int) -> None:
        key = _key(model, request)
        found = self.stores[which].get(model, request)
        assert (None if found is None else (found.text, found.finish)) == self.replies.get(key)
        rejected = key in self.replies and self.replies[key] is None
        assert self.stores[which].find(model, request)[1] == rejected

    @rule(model=MODELS, request=REQUESTS, which=st.integers(0, 1))
    def reject(self, model: dict[str, Any], request: ChatRequest, which: int) -> None:
        self.stores[which].reject(model, request)
        if _key(model, request) in self.replies:
            self.replies[_key(model, request)] = None

    @rule(which=st.integers(0, 1))
    def open_again(self, which: int) -> None:
        self.stores[which].close()
        self.stores[which] = self._open()

    @invariant()
    def as_many(self) -> None:
        assert len(self.stores[0]) == len(self.replies)

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        shutil.rmtree(self.folder)


def _key(model: dict[str, Any], request: ChatRequest) -> str:
    return json.dumps([model, request.parts()], sort_keys=True)


def test_a_store_of_replies_is_a_dict() -> None:
    run_state_machine_as_test(StoreAndDict, settings=few_examples)


ROWS = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


class LogAndList(RuleBasedStateMachine):
    """A log has the rows that were appended, without one that was cut off."""

    def __init__(self) -> None:
        super().__init__()
        self.path = Path(tempfile.mkdtemp()) / "log.jsonl"
        self.rows: list[Any] = []
        self.log: JsonlLog | None = self._open()

    def _open(self) -> JsonlLog:
        return JsonlLog(self.path, what="the log", remedy="Wait.", flush=False)

    @precondition(lambda self: self.log is not None)
    @rule(row=ROWS)
    def append(self, row: Any) -> None:
        assert self.log is not None
        self.log.append(row)
        self.rows.append(row)

    @precondition(lambda self: self.log is not None)
    @rule()
    def close(self) -> None:
        assert self.log is not None
        self.log.close()
        self.log = None

    @precondition(lambda self: self.log is None)
    @rule()
    def open(self) -> None:
        self.log = self._open()

    @precondition(lambda self: self.log is None)
    @rule(share=st.floats(0, 1))
    def die_while_it_is_written(self, share: float) -> None:
        """Cut the file anywhere, as a kill or a power cut may."""
        data = self.path.read_bytes()
        cut = data[: int(share * len(data))]
        self.path.write_bytes(cut)
        del self.rows[cut.count(b"\n") :]

    @precondition(lambda self: self.log is None)
    @rule(tail=st.binary(max_size=30))
    def leave_a_torn_tail(self, tail: bytes) -> None:
        with self.path.open("ab") as stream:
            stream.write(tail.replace(b"\n", b""))

    @invariant()
    def same_rows(self) -> None:
        found = read_jsonl_log(self.path, what="the log")
        assert [row for _, row in found] == self.rows

    def teardown(self) -> None:
        with contextlib.ExitStack() as closing:
            if self.log is not None:
                closing.enter_context(self.log)
        shutil.rmtree(self.path.parent)


def test_a_log_is_a_list() -> None:
    run_state_machine_as_test(LogAndList, settings=few_examples)


@few_examples
@given(st.lists(ROWS, max_size=5), st.binary(max_size=40))
def test_whatever_follows_a_log_is_cut_off(rows: list[Any], tail: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "log.jsonl"
        good = "".join(json.dumps(row) + "\n" for row in rows).encode()
        path.write_bytes(good + tail.replace(b"\n", b"\r"))
        with JsonlLog(path, what="the log", remedy="Wait.", flush=False) as log:
            assert path.read_bytes() == good
            log.append({"after": True})
        assert [row for _, row in read_jsonl_log(path, what="the log")] == [*rows, {"after": True}]
