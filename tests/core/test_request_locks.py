"""Requests of several processes with one store: each is asked once, and no process waits long."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed
from locomo_vqa.notes import listening_to_notes
from locomo_vqa.request_locks import RequestLocks
from locomo_vqa.responses import ResponseStore, StoredModel
from tests.core.test_stored_model import Counting

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs locks on open files")

KEY = "f" * 64
HOLDER = """
import sys
from pathlib import Path
from locomo_vqa.request_locks import RequestLocks

locks = RequestLocks(Path(sys.argv[1]))
print(locks.try_lock(sys.argv[2]), flush=True)
sys.stdin.read()
"""


def test_two_open_stores_ask_once(tmp_path: Path) -> None:
    """Two open stores of one process exclude each other as those of two processes do."""
    inner, notes = Counting(), list[str]()
    requests = [ChatRequest(text=f"q{i}") for i in range(9)]

    async def main(one: ResponseStore, other: ResponseStore) -> None:
        models = [StoredModel(inner, one), StoredModel(inner, other)]
        asked = (model.ask(request) for request in requests for model in models)
        replies = await asyncio.gather(*asked)
        assert [reply.text for reply in replies[::2]] == [reply.text for reply in replies[1::2]]
        assert sum(model.asked for model in models) == len(requests)
        assert sum(model.reused for model in models) == len(requests)

    file = tmp_path / "r.sqlite"
    with (
        ResponseStore(file) as one,
        ResponseStore(file) as other,
        listening_to_notes(notes.append),
    ):
        asyncio.run(main(one, other))
    assert sorted(inner.asked) == [request.text for request in requests]
    assert notes == ["test:m: waiting for replies that another process is asking for"]


def test_after_a_failure_the_other_asks(tmp_path: Path) -> None:
    inner = Counting()
    request = ChatRequest(text="fail")

    async def main(one: ResponseStore, other: ResponseStore) -> list[ChatReply | BaseException]:
        models = [StoredModel(inner, one), StoredModel(inner, other)]
        asked = (model.ask(request) for model in models)
        return await asyncio.gather(*asked, return_exceptions=True)

    file = tmp_path / "r.sqlite"
    with ResponseStore(file) as one, ResponseStore(file) as other:
        outcomes = asyncio.run(main(one, other))
    assert [type(outcome) for outcome in outcomes] == [ModelFailed, ModelFailed]
    assert len(inner.asked) == len(outcomes)


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    file = tmp_path / "r.sqlite"
    command = [sys.executable, "-c", HOLDER, str(file), KEY]
    with RequestLocks(file) as locks:
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "True\n"
            assert not locks.try_lock(KEY)
            assert locks.try_lock("0" * 64)
            holder.kill()
        assert locks.try_lock(KEY)
        locks.unlock(KEY)
    assert list(tmp_path.iterdir()) == []


def test_the_last_one_removes_the_file(tmp_path: Path) -> None:
    one, other = (RequestLocks(tmp_path / "r.sqlite") for _ in range(2))
    assert one.try_lock(KEY)
    assert other.try_lock("0" * 64)
    one.close()
    assert [file.name for file in tmp_path.iterdir()] == ["r.sqlite-lock"]
    assert other.try_lock(KEY)
    other.close()
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_for_locks_all_are_granted(tmp_path: Path) -> None:
    (tmp_path / "r.sqlite-lock").mkdir()
    with RequestLocks(tmp_path / "r.sqlite") as one, RequestLocks(tmp_path / "r.sqlite") as other:
        assert one.try_lock(KEY)
        assert other.try_lock(KEY)
        one.unlock(KEY)
