"""Every call is in the ledger: at once, under load, and when the process is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.proxy import summarise
from locomo_vqa.evaluators.proxy.ledger import read_calls
from locomo_vqa.system import Endpoint

from .stub_upstream import Gives, Got, chat, stub_upstream
from .using import proxy_for, rows, send

PROXY = """
import sys, threading
from pathlib import Path
from locomo_vqa.evaluators.proxy import MeteringProxy
from locomo_vqa.system import Endpoint

upstream = Endpoint(base_url=sys.argv[1], model="stub", api_key="none")
folder = Path(sys.argv[2])
with MeteringProxy(
    upstream, folder / "calls.jsonl", mode="record", store=folder / "recorded.sqlite"
) as proxy:
    endpoint = proxy.endpoint("conv-1")
    print(endpoint.base_url, endpoint.api_key, flush=True)
    threading.Event().wait()
"""


@pytest.mark.slow
def test_fifty_at_a_time_are_all_there(tmp_path: Path) -> None:
    together = threading.Barrier(50)

    def respond(got: Got) -> Gives:
        return Gives((0.05, chat(got.body.decode()).body), headers=chat().headers)

    with stub_upstream(respond) as stub, proxy_for(stub.url, tmp_path, mode="record") as proxy:

        def ask(number: int) -> bool:
            together.wait(100)
            name = f"conv-{number % 5}"
            status, _, body = send(proxy.endpoint(name), b"%d" % number)
            return status == 200 and f'"content": "{number}"'.encode() in body

        with ThreadPoolExecutor(50) as pool:
            assert all(pool.map(ask, range(150)))
    assert len(stub.got) == 150
    found = list(read_calls(tmp_path / "calls.jsonl"))
    assert [call.outcome for call in found] == ["ok"] * 150
    summary = summarise(tmp_path / "calls.jsonl")
    assert {name: tally.calls for name, tally in summary.by_conversation.items()} == {
        f"conv-{number}": 30 for number in range(5)
    }


@pytest.mark.slow
def test_kill_9_loses_no_call_whose_reply_was_read(tmp_path: Path) -> None:
    with stub_upstream(lambda got: chat(got.body.decode())) as stub:
        command = [sys.executable, "-c", PROXY, stub.url, str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        url, key = process.stdout.readline().split()
        endpoint = Endpoint(base_url=url, model="stub", api_key=key)
        read = [0, 0, 0, 0]

        def ask(worker: int) -> None:
            try:
                for number in range(100_000):
                    assert send(endpoint, b"%d" % (worker * 100_000 + number))[0] == 200
                    read[worker] += 1
                    if worker == 0 and number >= 40 and all(read):
                        process.send_signal(signal.SIGKILL)
            except (OSError, HTTPException):
                return  # The proxy is gone.

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, range(4)))
        process.wait(30)
        process.stdout.close()
        calls = list(read_calls(tmp_path / "calls.jsonl"))
        assert sum(read) <= len(calls) <= sum(read) + 4
        assert {call.outcome for call in calls} == {"ok"}
        before = len(stub.got)
        with proxy_for(stub.url, tmp_path, mode="replay", strict=True) as proxy:
            for worker, number in enumerate(read):
                for done in (0, number - 1):
                    body = b"%d" % (worker * 100_000 + done)
                    assert send(proxy.endpoint("conv-1"), body)[0] == 200
            assert len(stub.got) == before
        # The next proxy goes on in the same file.
        assert len(list(read_calls(tmp_path / "calls.jsonl"))) == len(calls) + 8


def test_one_proxy_at_a_time_writes_a_ledger(tmp_path: Path) -> None:
    with proxy_for("http://127.0.0.1:9/v1", tmp_path):
        with (
            pytest.raises(OutputError, match="another process is writing"),
            proxy_for("http://127.0.0.1:9/v1", tmp_path),
        ):
            pass
        assert rows(tmp_path) == []


def test_calls_that_can_not_be_written_down_are_refused(tmp_path: Path) -> None:
    with stub_upstream(lambda got: chat()) as stub, proxy_for(stub.url, tmp_path) as proxy:
        endpoint = proxy.endpoint("conv-1")
        with Path("/dev/full").open("ab", buffering=0) as full:
            os.dup2(full.fileno(), proxy._ledger._file._stream.fileno())
        first, second = send(endpoint, b"{}"), send(endpoint, b"{}")
        assert isinstance(proxy.problem, OutputError)
    assert first[0] == second[0] == 500
    assert b"can no longer be counted" in second[2]
    assert len(stub.got) == 1


def test_a_ledger_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text('{"time": "now"}\n')
    with pytest.raises(InputError, match="line 1"):
        list(read_calls(path))
