"""Where work is done: what `workers` may name, and connections to a cluster of Ray."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from locomo_vqa import workers as module
from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.workers import Workers, connected, parse_workers
from tests.ray_cluster import RayCluster, ray_cluster

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the cluster's tests are for Linux")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, Workers()),
        ("asyncio", Workers()),
        ("ray", Workers(ray=True)),
        ("ray:auto", Workers(ray=True, address="auto")),
        ("ray:10.0.0.1:6379", Workers(ray=True, address="10.0.0.1:6379")),
        ("ray:[::1]:6379", Workers(ray=True, address="[::1]:6379")),
        ("ray:head.example:6379", Workers(ray=True, address="head.example:6379")),
    ],
)
def test_values(value: str | None, expected: Workers) -> None:
    assert parse_workers(value) == expected
    assert str(expected) == (value or "asyncio")


@pytest.mark.parametrize(
    "value",
    ["", "Ray", "ray:", "ray:10.0.0.1", "ray:10.0.0.1:99999", "ray://head:10001", "dask", 3],
)
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(InputError, match="`workers`"):
        parse_workers(value)  # type: ignore[arg-type]


def test_ray_must_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingResource, match=r"package ray is not installed.*\[ray\]"):
        parse_workers("ray")


def test_no_cluster_at_the_address() -> None:
    with (
        pytest.raises(MissingResource, match="No Ray cluster answers at 127"),
        connected(Workers(ray=True, address="127.0.0.1:1")),
    ):
        raise AssertionError("it connected")


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """A cluster of one node."""
    with ray_cluster() as cluster:
        yield cluster


@pytest.mark.slow
def test_a_connection_is_shared_and_closed(cluster: RayCluster) -> None:
    import ray

    handler = signal.getsignal(signal.SIGTERM)
    named = parse_workers(f"ray:{cluster.address}")
    with connected(named) as first, connected(named) as second:
        assert first.nodes == second.nodes == (first.own_node,)
        where = ray.remote(lambda: ray.get_runtime_context().get_node_id())
        assert ray.get(where.options(**first.on(first.own_node)).remote()) == first.own_node
        with (
            pytest.raises(InputError, match=r"connected to ray:127\S* already"),
            connected(Workers(ray=True, address="local")),
        ):
            raise AssertionError("it connected twice")
        assert ray.is_initialized()
    assert not ray.is_initialized()
    assert signal.getsignal(signal.SIGTERM) is handler


@pytest.mark.slow
def test_a_wrong_token_is_refused(cluster: RayCluster) -> None:
    code = (
        "from locomo_vqa.workers import *\n"
        f"with connected(parse_workers('ray:{cluster.address}')): pass"
    )
    tried = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": "0" * 64,
            "RAY_NUM_REDIS_GET_RETRIES": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "If it wants a token, set RAY_AUTH_MODE=token" in tried.stderr.splitlines()[-1]


def test_a_node_that_only_leads_gets_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [
        {"NodeID": "b", "Alive": True, "Resources": {"CPU": 2.0}},
        {"NodeID": "head", "Alive": True, "Resources": {}},
        {"NodeID": "a", "Alive": True, "Resources": {"CPU": 1.0}},
        {"NodeID": "dead", "Alive": False, "Resources": {"CPU": 1.0}},
    ]
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(nodes=lambda: nodes))
    assert module.Cluster().nodes == ("a", "b")
    del nodes[0], nodes[1]
    assert module.Cluster().nodes == ("head",)
