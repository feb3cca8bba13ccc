"""What the actors of a run on Ray do, without Ray."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from locomo_vqa.budget import Budget
from locomo_vqa.errors import InputError, MissingResource, OutputError
from locomo_vqa.evaluators.hosting import ProcessHost
from locomo_vqa.evaluators.proxy.ledger import Ledger
from locomo_vqa.evaluators.proxy.recordings import Recorded, RecordingKey
from locomo_vqa.evaluators.running.cancellation import CancelScope
from locomo_vqa.evaluators.running.metering_settings import MeteringSettings
from locomo_vqa.evaluators.running.movable import check_movable
from locomo_vqa.evaluators.running.on_ray import desk as desk_module
from locomo_vqa.evaluators.running.on_ray.desk import Desk
from locomo_vqa.evaluators.running.on_ray.node import Node
from locomo_vqa.evaluators.running.on_ray.streamed import StreamedOutcomes
from locomo_vqa.evaluators.running.on_ray.work import NodeWork, check_same_toolkit
from locomo_vqa.evaluators.running.phases import read_phases
from locomo_vqa.toolkit_code import toolkit_code
from tests.evaluators.recording import harness, recorder

KEY = RecordingKey(
    address="http://127.0.0.1/v1",
    revision=None,
    method="POST",
    target="/chat/completions",
    body_sha256="0" * 64,
    conversation="c",
    number=0,
)
REPLY = Recorded(status=200, headers={}, body=b"{}", lengths=(2,))


def test_the_desk_counts_what_was_in_flight_when_a_node_is_lost(tmp_path: Path) -> None:
    desk = Desk()
    desk.open(b"", {}, tmp_path / "calls.jsonl", [tmp_path / "replies.sqlite"], Budget(1.0))
    assert not desk.begin("c")  # Nothing can be recorded of it.
    assert desk.admit("c", ("llm", "m"), 0.25) == 1
    assert desk.admit("d", ("llm", "m"), 0.25) == 2
    desk.settle(2, 0.5)
    assert desk.begin("c")
    assert desk.budget().spent == pytest.approx(0.75)
    desk.settle(1, 0.25)  # What the lost node still says does not count twice.
    assert desk.budget().spent == pytest.approx(0.75)
    assert desk.admit("c", ("llm", "m"), 0.0) is None  # A call may cost 0.5.
    assert pickle.loads(pickle.dumps(desk.budget())).reached
    desk.close()


def test_the_desk_keeps_replies_and_says_what_it_can_t_open(tmp_path: Path) -> None:
    desk, store = Desk(), tmp_path / "replies.sqlite"
    desk.open(b"", {}, None, [store], Budget())
    desk.put(store, KEY, REPLY, False)
    desk.check()
    assert desk.find(store, KEY) is not None
    desk.close()
    again = Desk()
    again.open(b"", {}, None, [store], Budget())
    assert again.begin("c")  # Something may be recorded of it.
    again.close()
    (full := tmp_path / "full").mkdir()
    with pytest.raises(OutputError):
        Desk().open(b"", {}, full, [], Budget())


def test_the_desk_waits_for_one_that_is_about_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "calls.jsonl"
    other = Ledger(path)
    monkeypatch.setattr(desk_module.time, "sleep", lambda seconds: other.close())
    desk = Desk()
    desk.open(b"", {}, path, [], Budget())
    desk.close()


def test_a_node_checks_what_it_sees_before_it_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = harness(recorder(), tmp_path / "run")
    plan.out.mkdir()
    (plan.out / "run.json").write_text("{}")
    work = NodeWork.of(plan, MeteringSettings(), variables={})
    work.prepare("a")
    host = ProcessHost("own:Own", python=tmp_path / "python")
    system = replace(plan.system, host=lambda *arguments: host)
    with pytest.raises(MissingResource, match=r"The node a has no /\S+/python"):
        replace(work, plan=replace(work.plan, system=system)).prepare("a")
    with pytest.raises(InputError, match=r"The node b has another toolkit: .*, not .*"):
        check_same_toolkit({**toolkit_code(), "sha256": "0" * 64}, "b")
    (plan.out / "run.json").write_text(json.dumps({"another": "folder of this name"}))
    with pytest.raises(InputError, match="The node c does not see the folders of this run"):
        work.prepare("c")
    (plan.out / "run.json").unlink()
    with pytest.raises(InputError, match="The node c does not see the folders of this run"):
        work.prepare("c")


def test_a_system_behind_an_address_stays_where_it_is(tmp_path: Path) -> None:
    served = replace(harness(recorder(), tmp_path).system, address=True)
    with pytest.raises(InputError, match="own runs where its server runs, not on the nodes"):
        check_movable(served)


def test_a_conversation_that_is_read_again_has_two_times_of_reading(tmp_path: Path) -> None:
    def at(second: int) -> str:
        return f"2026-01-01T00:00:{second:02}.000+00:00"

    read = {"event": "ingest", "conversation": "c", "turns": 1, "latency_ms": 1.0, "error": None}
    rows = [
        {"event": "begin", "time": at(0), "retry_failed": False},
        {**read, "time": at(10), "state": "ok"},
        {"event": "lost", "time": at(20), "conversation": "c", "reason": "it is gone"},
        {**read, "time": at(30), "state": "ok"},
    ]
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    (tmp_path / "journal.jsonl").write_text(text)
    phases = read_phases(tmp_path)
    assert phases is not None
    reading = [second for second in range(0, 40, 5) if phases.is_reading("c", at(second))]
    assert reading == [0, 5, 10, 20, 25, 30]


def test_a_conversation_that_the_run_lost_sight_of_ends_before_it_is_read_again() -> None:
    happened: list[str] = []

    class Opened:
        def flush(self) -> None: ...

        def converse(
            self, name: str, questions: object, outcomes: StreamedOutcomes, scope: CancelScope
        ) -> bool:
            happened.append("begins")
            outcomes.read(name, len(happened))
            if happened == ["begins"]:
                over = threading.Event()
                with scope.on_cancel(over.set):
                    over.wait(60)
                happened.append("ends")
            return True

    async def run() -> list[object]:
        node = Node()
        node._opened = cast(Any, Opened())
        lost = node.converse(None, "c", [])
        assert await anext(lost) == ("read", ("c", 1))
        return [event async for event in node.converse(None, "c", [])]

    assert asyncio.run(run()) == [("read", ("c", 3)), ("done", (True,))]
    assert happened == ["begins", "ends", "begins"]


def test_a_conversation_goes_on_once_its_answer_is_recorded() -> None:
    """Ray asks for what follows an answer as soon as the run has taken it, not recorded it."""
    happened: list[str] = []

    class Opened:
        def flush(self) -> None: ...

        def converse(
            self, name: str, questions: object, outcomes: StreamedOutcomes, scope: CancelScope
        ) -> bool:
            outcomes.answered(name, cast(Any, "blue"), None)
            happened.append("goes on")
            return True

    async def run() -> None:
        node = Node()
        node._opened = cast(Any, Opened())
        events = node.converse(None, "c", [])
        assert await anext(events) == ("answered", ("c", "blue", None))
        assert await anext(events) == ("recorded", ())
        assert happened == []
        assert await anext(events) == ("done", (True,))
        assert happened == ["goes on"]

    asyncio.run(run())
