"""Runs on a real Ray cluster equal runs in one process, whatever becomes of its nodes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.builders.importing import import_locomo
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.runs import Run
from locomo_vqa.workers import Workers, connected, parse_workers
from tests.core.locomo_example import sample
from tests.evaluators.counting_endpoint import cost_of, counting, tokens_of, write_prices
from tests.evaluators.memory.test_mem0_run import script
from tests.evaluators.stub_endpoint import StubEndpoint, stub_endpoint
from tests.ray_cluster import RayCluster, ray_cluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the cluster's tests are for Linux"),
]

ASKER = '''
import hashlib, json, urllib.request

class Asker:
    """Asks the model once for a conversation, and once for a question."""

    def open(self, conversation, workdir, services):
        self.name, self.llm = conversation.id, services.llm
        self.read = None
        (workdir / "name").write_text(self.name)

    def add(self, turns):
        self.read = self.read or self.ask("read " + turns[0].text)

    def answer(self, question, *, now):
        return self.read + self.ask("asked " + question)

    def answer_visual(self, question, *, image, now):
        digest = hashlib.sha256(image.path.read_bytes()).hexdigest()
        return self.ask("asked " + question + digest)

    def ask(self, text):
        body = {"model": self.llm.model, "messages": [
            {"role": "user", "content": f"{self.name}: {text}"}]}
        request = urllib.request.Request(
            self.llm.base_url + "/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": "Bearer " + self.llm.api_key},
        )
        with urllib.request.urlopen(request, timeout=200) as reply:
            return json.load(reply)["choices"][0]["message"]["content"]
'''
WAIT_S = 200.0
CONVERSATIONS = 7
"""In the sample's training split; each is asked two questions here."""


@dataclass
class Held:
    """Holds each conversation's second question until some wait, and then does something."""

    then: Callable[[], None]
    conversations: int = 3
    asked: Counter[str] = field(default_factory=Counter)
    waiting: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pass_through(self, text: str) -> None:
        name, _, rest = text.partition(": ")
        if not rest.startswith("asked") or self.over.is_set():
            return
        with self.lock:
            self.asked[name] += 1
            if self.asked[name] < 2:
                return
            last = self._is_last({name})
        self._end(last)

    def _is_last(self, conversations: Collection[str]) -> bool:
        """Note that some wait, and return whether they are the last, once."""
        before = len(self.waiting)
        self.waiting.update(conversations)
        return before < len(self.waiting) == self.conversations

    def _end(self, last: bool) -> None:
        if last:
            self.then()
            self.over.set()
        self.over.wait(WAIT_S)


@dataclass
class HeldReading(Held):
    """Holds all calls but the first eight, with which no conversation is read whole."""

    def pass_through(self, text: str) -> None:
        with self.lock:
            self.asked[""] += 1
            if self.asked[""] <= 8 or self.over.is_set():
                return
            last = self._is_last(re.findall(r"conv-\d", text))
        self._end(last)


def say_as_memory(body: dict[str, Any]) -> str:
    """Say what a perfect model of mem0 would; the answer is the first memory."""
    _, reply = script(body)
    return str(reply["choices"][0]["message"]["content"])


def say_hash(body: dict[str, Any]) -> str:
    return f"{sum(map(ord, str(body['messages'][0]['content']))):x}"


class Endpoint:
    """A model that answers with a hash of what it is asked; a test may hold its replies."""

    def __init__(self) -> None:
        self.held: Held | None = None
        self.stub: StubEndpoint

    def say(self, body: dict[str, Any]) -> str:
        text = body["messages"][0]["content"]
        if self.held is not None and isinstance(text, str):
            self.held.pass_through(text)
        return say_hash(body) if body["model"] == "stub" else say_as_memory(body)

    @contextmanager
    def serve(self) -> Iterator[None]:
        with stub_endpoint(counting(self.say)) as self.stub:
            yield

    def spent(self) -> float:
        """Return what the requests cost that it got."""
        return sum(cost_of(tokens_of(body), 1) for body in self.stub.requests)

    def bodies(self) -> Counter[str]:
        """Return how often it got which request, and forget it."""
        asked = Counter(json.dumps(body) for body in self.stub.requests)
        self.stub.requests.clear()
        return asked

    def texts(self) -> Counter[str]:
        """Return how often it was asked what, and forget it."""
        asked = Counter(str(body["messages"][0]["content"]) for body in self.stub.requests)
        self.stub.requests.clear()
        return Counter({text: n for text, n in asked.items() if text.startswith("sample-")})


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    with made.serve():
        yield made


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    with ray_cluster(1) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def connection(cluster: RayCluster) -> Iterator[None]:
    """A connection that all runs of this process share."""
    with connected(parse_workers(f"ray:{cluster.address}")):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all nodes share, with the system."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "asker.py").write_text(ASKER)
    return folder


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def settings(connection: None, endpoint: Endpoint, folder: Path) -> dict[str, Any]:
    return {
        "benchmark": "sample",
        "split": "train",
        "model": endpoint.stub.model,
        "limit": 2,
        "prices": write_prices(folder, endpoint.stub),
        "progress": False,
    }


@pytest.fixture(scope="module")
def whole(endpoint: Endpoint, settings: dict[str, Any], folder: Path) -> Run:
    """The run in one process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = lv.run("asker:Asker", out=folder / "whole", jobs=4, **settings)
    assert set(endpoint.texts().values()) == {1}
    return done


def rows(path: Path, *, but: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [{name: row[name] for name in row if name not in but.split()} for row in lines]


def journal(run: Path, event: str) -> list[dict[str, Any]]:
    lines = map(json.loads, (run / "journal.jsonl").read_text().splitlines())
    return [row for row in lines if row["event"] == event]


def check_equal(
    run: Path, whole: Path, *, in_one_go: bool = True, spent: float | None = None
) -> None:
    """Check that two runs differ in their times only, or else also in what was replayed.

    `spent` is what everything cost that the endpoint was asked; None if nothing was asked again.
    """
    but = "latency_ms"
    assert rows(run / "predictions.jsonl", but=but) == rows(whole / "predictions.jsonl", but=but)
    infos = [json.loads((folder / "run.json").read_text()) for folder in (run, whole)]
    paid, once = (info["calls"]["overall"]["paid_usd"] for info in infos)
    if spent is None:
        assert paid == pytest.approx(once)
    else:
        assert once <= paid + 1e-9 and paid <= spent + 1e-9
    for info in infos:
        del info["seal"], info["files"], info["record"]["attempts"]
        if not in_one_go:
            del info["calls"], info["context"]
        _drop_times(info)
    assert infos[0] == infos[1]
    assert sorted(path.read_text() for path in run.glob("work/*/name")) == sorted(
        path.read_text() for path in whole.glob("work/*/name")
    )


def _drop_times(value: Any) -> None:
    if isinstance(value, dict):
        value.pop("latency_ms", None)
    if isinstance(value, dict | list):
        for item in list(value.values() if isinstance(value, dict) else value):
            _drop_times(item)


def calls(run: Path) -> Counter[str]:
    """Return how often each request of a run is in its list of calls, without replays."""
    listed = map(json.loads, (run / "calls.jsonl").read_text().splitlines())
    return Counter(call["request_sha256"] for call in listed if not call["replayed"])


def test_a_connection_is_shared_and_closed(cluster: RayCluster) -> None:
    import ray

    handler = signal.getsignal(signal.SIGTERM)
    named = parse_workers(f"ray:{cluster.address}")
    with connected(named) as first, connected(named) as second:
        assert first.nodes == second.nodes == (first.own_node,)
        with (
            pytest.raises(InputError, match=r"connected to ray:127\S* already"),
            connected(Workers(ray=True, address="local")),
        ):
            raise AssertionError("it connected twice")
        assert ray.is_initialized()
    assert not ray.is_initialized()
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_wrong_token_is_refused(cluster: RayCluster) -> None:
    code = (
        "from locomo_vqa.workers import *\n"
        f"with connected(parse_workers('ray:{cluster.address}')): pass"
    )
    variables = {"RAY_AUTH_TOKEN": "0" * 64, "RAY_NUM_REDIS_GET_RETRIES": "1"}
    tried = subprocess.run(
        [sys.executable, "-c", code],
        env={"RAY_AUTH_MODE": "token", **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "If it wants a token, set RAY_AUTH_MODE=token" in tried.stderr.splitlines()[-1]


def test_one_node(
    cluster: RayCluster, endpoint: Endpoint, settings: dict[str, Any], whole: Run, folder: Path
) -> None:
    out = folder / "one-node"
    arguments = {**settings, "workers": f"ray:{cluster.address}", "jobs": 4}
    done = lv.run("asker:Asker", out=out, record=folder / "replies.sqlite", **arguments)
    assert len(done.predictions) == 2 * CONVERSATIONS
    assert set(endpoint.texts().values()) == {1}
    check_equal(out, whole.folder)
    assert calls(out) == calls(whole.folder)
    assert not (out / "replies.sqlite").exists()


def test_three_nodes_and_two_runs_at_once(
    cluster: RayCluster, endpoint: Endpoint, settings: dict[str, Any], whole: Run, folder: Path
) -> None:
    cluster.fill(3)
    exec(compile(ASKER, "a notebook's cell", "exec"), cell := {"__name__": "__main__"})
    systems = {"named": "asker:Asker", "cell": lambda: cell["Asker"]()}
    arguments = {**settings, "workers": f"ray:{cluster.address}", "strict": True}

    def run(name: str) -> Run:
        out = folder / f"three-{name}"
        return lv.run(systems[name], out=out, replay=folder / "replies.sqlite", **arguments)

    with ThreadPoolExecutor(2) as threads:
        named, cell_run = threads.map(run, systems)
    assert not endpoint.texts()
    expected = [p.prediction for p in whole.predictions]
    assert [p.prediction for p in named.predictions] == expected
    assert [p.prediction for p in cell_run.predictions] == expected
    lost = journal(named.folder, "lost") + journal(cell_run.folder, "lost")
    assert not lost


def test_a_node_that_is_killed_costs_only_what_it_had_not_finished(
    cluster: RayCluster, endpoint: Endpoint, settings: dict[str, Any], whole: Run, folder: Path
) -> None:
    cluster.fill(3)
    out = folder / "killed"
    endpoint.held = held = Held(lambda: cluster.kill(cluster.nodes[-1]), conversations=6)
    arguments = {**settings, "workers": f"ray:{cluster.address}", "jobs": 2}
    lv.run("asker:Asker", out=out, **arguments)
    endpoint.held = None
    check_equal(out, whole.folder, in_one_go=False, spent=endpoint.spent())
    lost = {loss["conversation"] for loss in journal(out, "lost")}
    assert len(lost) == len(journal(out, "lost")) == 2  # What was under way on the node, once each.
    assert lost <= held.waiting
    again = {text: n for text, n in endpoint.texts().items() if n != 1}
    assert set(again.values()) == {2}  # Reading again is not paid for again.
    assert {text.partition(": asked ")[0] for text in again} == lost
    assert len(journal(out, "answer")) == 2 * CONVERSATIONS
    read = Counter(row["conversation"] for row in journal(out, "ingest"))
    assert {name for name, times in read.items() if times == 2} == lost


def test_mem0_answers_as_without_a_loss(
    cluster: RayCluster, endpoint: Endpoint, settings: dict[str, Any], folder: Path
) -> None:
    """A node is killed while it reads: the memories, and what is answered from them, are equal."""
    conversations = [sample(name) for name in ("conv-1", "conv-2", "conv-3")]
    for each in conversations:
        for number in range(1, 13):
            for turn in each["conversation"][f"session_{number}"]:
                turn["text"] += f" This is {each['sample_id']}."
    (folder / "locomo.json").write_text(json.dumps(conversations))
    import_locomo(folder / "locomo.json", out=folder / "read")
    model = settings["model"].replace("model=stub", "model=memory")
    arguments = {"benchmark": folder / "read", "split": "all", "limit": 2, "model": model}
    arguments |= {"options": {"prompts": "reduced", "top_k": "3"}, "progress": False}
    calm = lv.run("mem0", out=folder / "mem0-calm", jobs=3, **arguments)
    paid = endpoint.bodies()
    cluster.fill(3)
    endpoint.held = held = HeldReading(lambda: cluster.kill(cluster.nodes[-1]))
    done = lv.run("mem0", out=folder / "mem0", workers=f"ray:{cluster.address}", **arguments)
    endpoint.held = None
    asked = endpoint.bodies()
    [loss] = journal(folder / "mem0", "lost")
    assert loss["conversation"] in held.waiting
    check_equal(folder / "mem0", folder / "mem0-calm", in_one_go=False)
    assert len(calm.predictions) == len(done.predictions) > 0
    assert {each.state for each in done.predictions} == {"ok"}
    assert remembered(folder / "mem0") == remembered(folder / "mem0-calm")
    assert not paid - asked
    assert (asked - paid).total() <= 2  # A call in flight, and a reply on its way to the store.


def remembered(run: Path) -> list[list[dict[str, Any]]]:
    """Return how the memories of each conversation came about."""
    return [rows(path, but="time") for path in sorted(run.glob("work/*/memory.jsonl"))]


def test_a_driver_that_is_killed_goes_on(
    cluster: RayCluster, endpoint: Endpoint, settings: dict[str, Any], whole: Run, folder: Path
) -> None:
    cluster.fill(3)
    out = folder / "dead-driver"
    command = [
        *(sys.executable, "-m", "locomo_vqa", "run", "asker:Asker", "--benchmark", "sample"),
        *("--split", "train", "--limit", "2", "--model", settings["model"], "--out", str(out)),
        *("--prices", str(settings["prices"]), "--workers", f"ray:{cluster.address}"),
    ]
    endpoint.held = held = Held(then=lambda: driver.kill())
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert driver.wait(timeout=WAIT_S) < 0
    assert held.over.wait(WAIT_S)
    endpoint.held = None
    assert len(journal(out, "answer")) == 3
    lv.run("asker:Asker", out=out, **{**settings, "workers": f"ray:{cluster.address}"})
    check_equal(out, whole.folder, in_one_go=False, spent=endpoint.spent())
    again = {text: n for text, n in endpoint.texts().items() if n != 1}
    assert {text.partition(":")[0] for text in again} <= held.waiting
    assert all(" asked " in text for text in again)


def test_a_run_that_a_budget_or_a_person_stops_goes_on_anywhere(
    cluster: RayCluster, endpoint: Endpoint, settings: dict[str, Any], whole: Run, folder: Path
) -> None:
    out = folder / "stopped"
    arguments = {**settings, "workers": f"ray:{cluster.address}"}
    cost = whole.info["calls"]["overall"]["paid_usd"]
    with pytest.raises(BudgetReached, match=r"of 14 questions have an outcome"):
        lv.run("asker:Asker", out=out, budget=0.5 * cost, **arguments)
    assert 0.25 * cost < endpoint.spent() <= 0.5 * cost
    assert set(endpoint.texts().values()) == {1}
    before = len(journal(out, "answer"))

    def interrupt(what: str, done: int, total: int) -> None:
        if done > before:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lv.run("asker:Asker", out=out, **{**arguments, "progress": interrupt})
    assert len(journal(out, "answer")) > before
    lv.run("asker:Asker", out=out, **settings)
    check_equal(out, whole.folder, in_one_go=False)
    assert len(journal(out, "answer")) == 2 * CONVERSATIONS
    endpoint.texts()


def test_what_can_t_be_sent_to_a_cluster_is_refused(
    cluster: RayCluster, settings: dict[str, Any], folder: Path
) -> None:
    lock = threading.Lock()

    class Locked:
        def open(self, conversation: Any, workdir: Any, services: Any) -> None:
            with lock:
                pass

        def add(self, turns: Any) -> None: ...

        def answer(self, question: str, *, now: Any) -> str:
            return ""

    with pytest.raises(InputError, match=r"Locked can't be sent to other nodes"):
        lv.run(Locked, out=folder / "no", **{**settings, "workers": f"ray:{cluster.address}"})
    assert not (folder / "no").exists()
