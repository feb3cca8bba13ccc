"""The response store: nothing that finished is lost, and nothing wrong is ever served."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelImage, request_key
from locomo_vqa.responses import ResponseStore
from locomo_vqa.runs import Usage

IDENTITY = {"backend": "test", "model": "m"}
REQUEST = ChatRequest(text="What colour?")
REPLY = ChatReply(text="blue", finish="stop", usage=Usage(input_tokens=5, calls=1))


def image(data: bytes) -> ModelImage:
    return ModelImage(sha256=hashlib.sha256(data).hexdigest(), media_type="image/png", data=data)


CHANGES: dict[str, tuple[Mapping[str, Any], ChatRequest]] = {
    "model": ({**IDENTITY, "model": "n"}, REQUEST),
    "revision": ({**IDENTITY, "revision": "2"}, REQUEST),
    "prompt": (IDENTITY, replace(REQUEST, text="What color?")),
    "picture": (IDENTITY, replace(REQUEST, images=(image(b"a"),))),
    "other picture": (IDENTITY, replace(REQUEST, images=(image(b"b"),))),
    "order of pictures": (IDENTITY, replace(REQUEST, images=(image(b"a"), image(b"b")))),
    "order of pictures 2": (IDENTITY, replace(REQUEST, images=(image(b"b"), image(b"a")))),
    "round": (IDENTITY, replace(REQUEST, replies=(("a", "b"),))),
    "objection": (IDENTITY, replace(REQUEST, replies=(("a", "c"),))),
    "schema": (IDENTITY, replace(REQUEST, schema={"type": "object"})),
    "temperature": (IDENTITY, replace(REQUEST, temperature=0.1)),
    "seed": (IDENTITY, replace(REQUEST, seed=1)),
    "length": (IDENTITY, replace(REQUEST, max_tokens=1)),
}


def test_what_was_put_is_got_and_nothing_else(tmp_path: Path) -> None:
    with ResponseStore(tmp_path / "r.sqlite") as store:
        assert store.get(IDENTITY, REQUEST) is None
        assert store.put(IDENTITY, REQUEST, REPLY) == REPLY
        for identity, request in CHANGES.values():
            assert store.get(identity, request) is None
    with ResponseStore(tmp_path / "r.sqlite") as store:
        assert store.get(dict(reversed(IDENTITY.items())), REQUEST) == REPLY
        assert len(store) == 1


def test_every_change_has_a_key_of_its_own() -> None:
    keys = {request_key(*changed) for changed in CHANGES.values()}
    assert len(keys | {request_key(IDENTITY, REQUEST)}) == len(CHANGES) + 1


def test_the_first_reply_stays(tmp_path: Path) -> None:
    with ResponseStore(tmp_path / "r.sqlite") as store:
        store.put(IDENTITY, REQUEST, REPLY)
        assert store.put(IDENTITY, REQUEST, replace(REPLY, text="red")) == REPLY


def test_half_a_surrogate_is_kept_as_what_utf_8_can_hold(tmp_path: Path) -> None:
    with ResponseStore(tmp_path / "r.sqlite") as store:
        assert store.put(IDENTITY, REQUEST, replace(REPLY, text="a\ud83d")).text == "a\ufffd"
        assert getattr(store.get(IDENTITY, REQUEST), "text", None) == "a\ufffd"


@pytest.mark.parametrize(
    "change",
    (
        "text = 'red'",
        "finish = 'length'",
        "usage = '{}'",
        "parts = replace(parts, 'What colour?', 'What else?')",
        "checksum = ''",
        "time = ''",
    ),
)
def test_a_row_that_was_changed_is_refused(tmp_path: Path, change: str) -> None:
    with ResponseStore(tmp_path / "r.sqlite") as store:
        store.put(IDENTITY, REQUEST, REPLY)
    other = sqlite3.connect(tmp_path / "r.sqlite")
    other.execute(f"UPDATE replies SET {change}")
    other.commit()
    other.close()
    with (
        ResponseStore(tmp_path / "r.sqlite") as store,
        pytest.raises(InputError, match="was changed after it was stored"),
    ):
        store.get(IDENTITY, REQUEST)


def test_a_row_under_another_key_is_refused(tmp_path: Path) -> None:
    with ResponseStore(tmp_path / "r.sqlite") as store:
        store.put(IDENTITY, REQUEST, REPLY)
    other = sqlite3.connect(tmp_path / "r.sqlite")
    moved = replace(REQUEST, text="Another question")
    other.execute("UPDATE replies SET key = ?", (request_key(IDENTITY, moved),))
    other.commit()
    other.close()
    with ResponseStore(tmp_path / "r.sqlite") as store, pytest.raises(InputError):
        store.get(IDENTITY, moved)


def test_foreign_and_damaged_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.sqlite"
    other = sqlite3.connect(foreign)
    other.execute("CREATE TABLE replies (key TEXT)")
    other.commit()
    other.close()
    text = tmp_path / "notes.txt"
    text.write_text("These are notes. " * 100)
    for path in (foreign, text):
        before = path.read_bytes()
        with pytest.raises(InputError, match="response store"):
            ResponseStore(path)
        assert path.read_bytes() == before


def test_a_file_damaged_in_the_middle_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with ResponseStore(path) as store:
        for number in range(300):
            store.put(IDENTITY, replace(REQUEST, text=f"{number}" * 50), REPLY)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    with ResponseStore(path) as store, pytest.raises(InputError, match="damaged") as error:
        store.get(IDENTITY, REQUEST)
    assert error.value.remedy


def test_no_room_and_no_right_are_output_errors(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="can't be used"):
        ResponseStore(tmp_path / "nowhere" / "r.sqlite")
    with ResponseStore(tmp_path / "r.sqlite") as store:
        store.put(IDENTITY, REQUEST, REPLY)
        store._file.do(lambda connection: connection.execute("PRAGMA max_page_count = 4"))
        long = replace(REPLY, text="x" * 100_000)
        with pytest.raises(OutputError, match="full"):
            store.put(IDENTITY, replace(REQUEST, text="other"), long)
        assert store.get(IDENTITY, REQUEST) == REPLY


LIMITED = """
import resource, sys
from pathlib import Path
from locomo_vqa.errors import OutputError
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.responses import ResponseStore
from locomo_vqa.runs import Usage

with ResponseStore(Path(sys.argv[1])) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    try:
        for i in range(1000):
            reply = ChatReply(text="x" * 5000, finish="stop", usage=Usage(calls=1))
            store.put({}, ChatRequest(text=str(i)), reply)
    except OutputError:
        print(i)
"""


def test_a_disk_that_takes_no_more_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    command = [sys.executable, "-c", LIMITED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    kept = int(done.stdout)
    assert kept > 10
    with ResponseStore(path) as store:
        assert len(store) == kept
        assert all(store.get({}, ChatRequest(text=str(i))) for i in range(kept))
