"""Builds whose models are asked on the nodes of a real Ray cluster, one of which dies."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

import locomo_vqa as lv
from locomo_vqa.builders.spending.calls import read_build_calls
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.models.probes import known_images
from tests.builders.all_knowing import AllKnowing
from tests.builders.small_build import write_small_build
from tests.conftest import tree
from tests.evaluators.stub_endpoint import stub_endpoint
from tests.ray_cluster import RayCluster, ray_cluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the cluster's tests are for Linux"),
]

IN_FLIGHT = 2
"""Requests at once from one node, as the small build's recipe says."""
NODES = 3
RESULTS = ("probe.jsonl", "selection.json", "questions.jsonl", "models.json")
CALL = 2 * 10.0 / 1e6
"""What a call costs: the stub says 2 tokens out, whatever it wrote."""
WAIT_S = 100.0


class Door:
    """Holds requests that have questions written, while it is closed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._closed = False
        self.held = 0

    def pass_through(self, request: Mapping[str, Any]) -> None:
        if "Kind of question: " not in str(request["messages"]):
            return
        with self._changed:
            self.held += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._closed, WAIT_S)
            self.held -= 1
            self._changed.notify_all()

    def close(self) -> None:
        self._closed = True

    def open(self) -> None:
        with self._changed:
            self._closed = False
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self.held == 0, WAIT_S)

    def wait_until_held(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.held >= number, WAIT_S), self.held


class World:
    """A cluster, the models, and what one process builds."""

    def __init__(
        self, cluster: RayCluster, known: AllKnowing, door: Door, folder: Path, url: str
    ) -> None:
        self.cluster = cluster
        self.host = url.removeprefix("http://")
        self.known = known
        self.door = door
        self.folder = folder

    def build(self, work: Path, **settings: Any) -> lv.Build:
        """Build in `work`, and publish to `work.d`."""
        start = self.folder / "start"
        return lv.build(
            start / "recipe.toml",
            locomo=start / "locomo.json",
            mirror=start / "mirror",
            work=work,
            out=work.with_suffix(".d"),
            progress=False,
            **settings,
        )

    def on_ray(self, work: Path, **settings: Any) -> lv.Build:
        """Build with the models asked on the cluster."""
        return self.build(work, workers=f"ray:{self.cluster.address}", **settings)

    def check_same(self, work: Path) -> None:
        """Check that a build is what one process builds."""
        whole = self.folder / "whole"
        for name in RESULTS:
            assert (work / name).read_bytes() == (whole / name).read_bytes(), name
        assert tree(work.with_suffix(".d")) == tree(whole.with_suffix(".d"))

    def wait_for_actors_to_end(self) -> None:
        """Wait until Ray has ended the actors of a driver that is gone."""
        end = time.monotonic() + WAIT_S
        while any(_is_actor(pid) for node in self.cluster.nodes for pid in node.pids()):
            assert time.monotonic() < end
            time.sleep(0.05)

    def repeated(self) -> int:
        """Return how many requests about the build's images were made more than once."""
        counts = self.known.asked.items()
        return sum(number - 1 for key, number in counts if not _is_check(key))


def _is_actor(pid: int) -> bool:
    """Return whether a process is an actor of a build."""
    with suppress(psutil.Error):
        return psutil.Process(pid).name().startswith("ray::BuildWorke")
    return False


def _is_check(key: str) -> bool:
    """Return whether a request, as the stub counts it, is one with a known answer."""
    _, text, image = json.loads(key)
    known = {hashlib.sha256(each.data).hexdigest() for each in known_images()}
    return image in known or not re.search("^(Kind of question|Question): ", text, re.MULTILINE)


@pytest.fixture(scope="module")
def module_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    known, door = AllKnowing(("count",)), Door()

    def respond(request: dict[str, Any]) -> tuple[int, Any]:
        door.pass_through(request)
        return known.respond(request)

    folder = tmp_path_factory.mktemp("ray-build")
    with stub_endpoint(respond) as endpoint, ray_cluster() as cluster:
        write_small_build(folder / "start", endpoint.url)
        world = World(cluster, known, door, folder, endpoint.url)
        world.build(folder / "whole")
        yield world


@pytest.fixture
def world(module_world: World) -> World:
    module_world.known.asked.clear()
    return module_world


def test_one_node(world: World, tmp_path: Path) -> None:
    world.on_ray(tmp_path / "w")
    world.check_same(tmp_path / "w")
    calls = list(read_build_calls(tmp_path / "w" / "calls.jsonl"))
    assert len(calls) == sum(world.known.asked.values())
    assert world.repeated() == 0
    asked = {(call.stage, call.role) for call in calls}
    assert asked == {
        ("check", "generator"),
        ("check", "validator"),
        ("probe", "generator"),
        ("probe", "validator"),
        ("generate", "generator"),
        ("quality", "generator"),
    }


def test_a_budget_ends_the_build_in_order(world: World, tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text(
        f'schema_version = 1\n[[price]]\nmodels = ["large", "small"]\nhost = "{world.host}"\n'
        "since = 2026-01-01\ninput = 0.0\noutput = 10.0\n"
    )
    with pytest.raises(BudgetReached, match=r"is used up: .* spent; it came to (probe|generate)"):
        world.on_ray(tmp_path / "w", prices=prices, budget=70.5 * CALL)
    calls = list(read_build_calls(tmp_path / "w" / "calls.jsonl"))
    assert len(calls) == sum(world.known.asked.values()) == 70
    with pytest.raises(BudgetReached):
        world.build(tmp_path / "w", prices=prices, budget=71.5 * CALL)
    assert sum(world.known.asked.values()) == 71
    world.build(tmp_path / "w", prices=prices, budget=1000 * CALL)
    world.check_same(tmp_path / "w")
    assert world.repeated() == 0


def test_three_nodes(world: World, tmp_path: Path) -> None:
    world.cluster.fill(NODES)
    world.on_ray(tmp_path / "w")
    world.check_same(tmp_path / "w")
    assert world.repeated() == 0
    checks = [number for key, number in world.known.asked.items() if _is_check(key)]
    assert min(checks) > NODES  # Each node's own server, which here is one for all.


def test_a_driver_that_is_ended_costs_only_the_requests_in_flight(
    world: World, tmp_path: Path
) -> None:
    world.cluster.fill(NODES)
    start = world.folder / "start"
    command = ["build", "run", start / "recipe.toml", "--locomo", start / "locomo.json"]
    command += ["--mirror", start / "mirror", "--work", tmp_path / "w", "--out", tmp_path / "w.d"]
    command += ["--workers", f"ray:{world.cluster.address}"]
    for by, status in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        world.door.close()
        driver = subprocess.Popen(
            [sys.executable, "-m", "locomo_vqa", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            world.door.wait_until_held(NODES * IN_FLIGHT)
            driver.send_signal(by)
            printed, said = driver.communicate(timeout=WAIT_S)
            world.wait_for_actors_to_end()
            assert world.door.held == NODES * IN_FLIGHT  # Nothing was sent in place of the ended.
        finally:
            world.door.open()
        assert driver.returncode == status, said
        assert b"raylet" not in printed
    world.on_ray(tmp_path / "w")
    world.check_same(tmp_path / "w")
    assert world.repeated() <= 2 * NODES * IN_FLIGHT


def test_a_node_that_dies_costs_only_its_requests_in_flight(
    world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world.cluster.fill(NODES)

    def kill() -> None:
        try:
            world.door.wait_until_held(NODES * IN_FLIGHT)
            world.cluster.kill(world.cluster.nodes[-1])
        finally:
            world.door.open()

    world.door.close()
    killer = threading.Thread(target=kill)
    killer.start()
    world.on_ray(tmp_path / "w")
    killer.join()
    assert len(world.cluster.nodes) == NODES - 1
    world.check_same(tmp_path / "w")
    assert 1 <= world.repeated() <= IN_FLIGHT
    assert "raylet" not in capfd.readouterr().out


def test_what_asks_no_model_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"`workers`: ray:.* asks models"):
        world.on_ray(tmp_path / "w", stages=["split"])
    assert not (tmp_path / "w").exists()
