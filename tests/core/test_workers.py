"""Where work is done: what `workers` may name; connections are tested with runs on Ray."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from locomo_vqa import workers as module
from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.workers import Workers, connected, parse_workers
from tests.serving import QuietHandler, serve_handler


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


@pytest.mark.parametrize(
    ("value", "message", "remedy"),
    [
        ("Ray", "not 'Ray'", "Did you mean 'ray'?"),
        ("dask", "must be asyncio, ray, or ray:ADDRESS", "Correct `workers`."),
        ("ray:", "not 'ray:'", "Did you mean 'ray'?"),
        ("ray:host", "`workers`: host has no port.", "`ray start` printed"),
        ("ray:host:99999", "the port '99999' is not a number from 1 to 65535", "`ray start`"),
        ("ray:host:0", "the port '0' is not a number from 1 to 65535", "`ray start`"),
        ("ray:host:", "the port '' is not a number from 1 to 65535", "`ray start`"),
        ("ray:a..b:6379", "'a..b:6379' is not the address of a Ray cluster", "`ray start`"),
        ("ray: auto", "' auto' is not the address of a Ray cluster", "Did you mean 'ray:auto'?"),
        ("ray:Auto", "Auto has no port", "Did you mean 'ray:auto'?"),
        ("ray://head:10001", "ray://head:10001 is the address of a Ray client", "`ray start`"),
        (f"ray:{'a' * 3000}:1", f"'{'a' * 79}…' is not the address", "`ray start`"),
    ],
)
def test_a_wrong_value_is_explained(value: str, message: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_workers(value)
    assert message in caught.value.message
    assert remedy in caught.value.remedy
    assert len(caught.value.message) < 160


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("ray:ada:l0ve@127.0.0.1:1", "…@127.0.0.1:1 has a user"),
        ("ray:ada:l0ve@l0ve@head", "…@head has a user"),
        ("ray:ada:l0ve//l0ve@head:1", "…@head:1 has a user"),
        ("ray://ada:l0ve@head:10001", "ray://…@head:10001 is the address of a Ray client"),
        ("dask://ada:l0ve@head:1", "not 'dask://…@head:1'"),
        ("Ray:ada:l0ve@head:1", "not '…@head:1'"),
    ],
)
def test_a_password_is_not_shown(value: str, shown: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_workers(value)
    assert shown in caught.value.message
    assert "l0ve" not in str(caught.value)


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


@pytest.mark.parametrize("address", [None, "auto"])
def test_a_wrong_variable_is_named_without_its_password(
    address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "ada:l0ve@head:6379")
    with (
        pytest.raises(InputError, match="RAY_ADDRESS: …@head:6379 has a user") as caught,
        connected(Workers(ray=True, address=address)),
    ):
        raise AssertionError("it connected")
    assert "l0ve" not in str(caught.value)


def test_something_else_at_the_address() -> None:
    with (
        serve_handler(QuietHandler) as url,
        pytest.raises(MissingResource, match=r"No Ray cluster answers at .*something else listens"),
        connected(Workers(ray=True, address=url.removeprefix("http://"))),
    ):
        raise AssertionError("it connected")


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
    with pytest.raises(MissingResource, match="No node of the cluster has CPUs"):
        module.Cluster().nodes  # noqa: B018 - it is looked up
