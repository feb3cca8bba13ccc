"""Replies of a process that can't be trusted: each is a result, a failure, or refused in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from locomo_vqa.evaluators.hosting import ProcessHost
from locomo_vqa.evaluators.hosting.isolation import Failure
from locomo_vqa.evaluators.hosting.wire import Reply, decode_reply, encode_request
from locomo_vqa.evaluators.hosting.worker_process import WorkerProcess

ERROR = {"state": "late", "reason": 7, "unreachable": 0}


def test_a_reply_is_a_result_or_a_failure() -> None:
    assert decode_reply(b'{"id": 2, "result": [1]}', 2) == Reply(result=[1])
    failed = decode_reply(json.dumps({"id": 2, "error": ERROR, "traceback": "t"}).encode(), 2)
    failure = Failure(state="error", reason="7", unreachable=False)
    assert failed == Reply(failure=failure)
    assert failed.failure is not None and failed.failure.traceback == "t"


REFUSED = {
    b"": "Expecting value",
    b"\xff": "can't decode",
    b"[" * 100_000: "nested more than 100 deep",
    b'{"id": 1, "result": 0}': "reply 1 to request 2",
    b'{"result": 0}': "a reply has no field 'id'",
    b'{"id": 2}': "a reply has no field 'result'",
    b'{"id": 2, "error": {}}': "a reply has no field 'state'",
    b'{"id": 2, "error": null}': "not subscriptable",
    b"3": "not subscriptable",
}


@pytest.mark.parametrize("line", REFUSED, ids=lambda line: line[:20].decode("latin-1"))
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises((ValueError, TypeError), match=REFUSED[line]):
        decode_reply(line, 2)


def test_a_description_that_is_not_one_ends_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def exchange(self: WorkerProcess, line: bytes, **options: Any) -> bytearray:
        assert line.startswith(encode_request(1, "start", {})[:-2])
        return bytearray(b'{"id": 1, "result": "missing"}')

    monkeypatch.setattr(WorkerProcess, "exchange", exchange)
    host = ProcessHost("any:Class")
    failure = host.start()
    host.end()
    assert failure is not None
    assert failure.ended
    assert failure.reason.endswith("violates the protocol: the description is not an object")
