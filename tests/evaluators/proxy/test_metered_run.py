"""`locomo-vqa run` through the metering proxy; the endpoint is a stub that always says "blue"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.running.metering import is_on_this_machine
from locomo_vqa.evaluators.running.metering_settings import MeteringSettings
from locomo_vqa.files import read_jsonl
from locomo_vqa.schemas import load_schema, validate
from tests.conftest import Cli

from .stub_upstream import Gives, StubUpstream, chat, stub_upstream
from .using import rows

RUN = ("run", "full-context", "--benchmark", "sample", "--split", "test", "--limit", "2")


@pytest.fixture
def stub() -> Iterator[StubUpstream]:
    with stub_upstream(lambda got: chat()) as stub:
        yield stub


def model(stub: StubUpstream) -> str:
    return f"openai:{stub.url}?model=stub"


def answers(folder: Path) -> list[tuple[Any, ...]]:
    found = read_jsonl(folder / "predictions.jsonl", what="it")
    return [(row["question_id"], row["prediction"], row["state"]) for _, row in found]


@pytest.mark.slow
def test_a_run_counts_its_calls_and_is_replayed_without_the_endpoint(
    cli: Cli, tmp_path: Path, stub: StubUpstream
) -> None:
    (tmp_path / "p.toml").write_text(
        f'schema_version = 1\n[[price]]\nmodels = ["stub"]\nhost = "{stub.url.split("/")[2]}"\n'
        "since = 2026-01-01\ninput = 1.0\noutput = 10.0\n"
    )
    options = ("--model", model(stub), "--record", "recorded.sqlite", "--prices", "p.toml")
    assert cli(*RUN, "--out", "a", *options, OPENAI_API_KEY="sk-own").returncode == 0
    tried, *asked = [got for got in stub.got if got.method == "POST"]
    assert b'"image_url"' in tried.body  # Whether the model takes images.
    calls = rows(tmp_path / "a")
    assert len(calls) == len(asked) == 4  # Two questions of each of two conversations.
    assert {got.headers["authorization"] for got in asked} == {"Bearer sk-own"}
    assert {call["conversation"] for call in calls} == {"sample-09", "sample-10"}
    for number, call in enumerate(calls, 1):
        validate(call, "call", path=Path("calls.jsonl"), place=f"line {number}", remedy="")
    info = json.loads((tmp_path / "a" / "run.json").read_text())
    validate(info, "run", path=Path("run.json"), remedy="")
    needed = load_schema("run")["properties"]["calls"]["required"]
    assert [*needed, "lost", "asked"] == list(info["calls"])
    overall = info["calls"]["overall"]
    assert (overall["calls"], overall["failed"], overall["replayed"]) == (4, 0, 0)
    assert (overall["input_tokens"], overall["output_tokens"]) == (28, 8)
    assert overall["cost_usd"] == pytest.approx((28 * 1 + 8 * 10) / 1e6)

    before = len(stub.got)
    again = ("--model", model(stub), "--replay", "recorded.sqlite", "--strict")
    done = cli(*RUN, "--out", "b", *again)
    assert done.returncode == 0
    assert len(stub.got) == before
    assert answers(tmp_path / "b") == answers(tmp_path / "a")
    assert [row["replayed"] for row in rows(tmp_path / "b")] == [True] * 4
    assert "No price is known for stub" in done.stdout


@pytest.mark.slow
def test_a_run_may_go_without(cli: Cli, tmp_path: Path, stub: StubUpstream) -> None:
    assert cli(*RUN, "--out", "r", "--model", model(stub), "--no-meter").returncode == 0
    assert not (tmp_path / "r" / "calls.jsonl").exists()
    assert "calls" not in json.loads((tmp_path / "r" / "run.json").read_text())
    assert sum(got.method == "POST" for got in stub.got) == 1 + 4  # The first tries an image.


@pytest.mark.slow
def test_an_endpoint_that_goes_away_stops_the_run_as_without_the_proxy(
    cli: Cli, tmp_path: Path, stub: StubUpstream
) -> None:
    stub.respond = lambda got: chat() if got.method == "GET" else Gives(cut=-1)
    done = cli(*RUN, "--out", "r", "--model", model(stub))
    assert done.returncode == 2
    assert "The endpoint no longer answers" in done.stderr
    assert {row["outcome"] for row in rows(tmp_path / "r")} == {"broken"}


OPTIONS = MeteringSettings(meter=True, record=None, replay=None, strict=False, prices=None)
FILE = Path("x")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"record": FILE, "replay": FILE}, "`record` and `replay` can't be used together"),
        ({"strict": True}, "`strict` needs `replay`"),
        ({"meter": False, "replay": FILE}, "`replay` needs `meter`"),
        ({"meter": False, "prices": FILE}, "`prices` needs `meter`"),
    ],
)
def test_options_that_do_not_fit_are_told(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        MeteringSettings.checked(**options)


def test_without_an_endpoint_nothing_can_be_recorded() -> None:
    OPTIONS.check(endpoint=False)
    with pytest.raises(InputError, match="the system makes no calls to an endpoint"):
        replace(OPTIONS, record=FILE).check(endpoint=False)


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "can't be read (No such file or directory)."), (b"", "has no recorded replies.")],
)
def test_a_strict_replay_needs_replies_before_anything(
    content: bytes | None, problem: str, cli: Cli, tmp_path: Path, stub: StubUpstream
) -> None:
    if content is not None:
        (tmp_path / "recorded.sqlite").write_bytes(content)
    before = sorted(tmp_path.iterdir())
    strict = ("--model", model(stub), "--replay", "recorded.sqlite", "--strict")
    done = cli(*RUN, "--out", "r", *strict)
    assert done.returncode == 2
    assert done.stderr == (
        f"Error: recorded.sqlite: {problem}\n"
        "Name a file of recorded replies, or leave --strict out to request them.\n"
    )
    assert sorted(tmp_path.iterdir()) == before
    assert not stub.got


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000/x", True),
        ("http://[::1]:8000", True),
        ("http://192.0.2.1:8000", False),
        ("https://example.org", False),
    ],
)
def test_only_a_server_on_this_machine_can_be_metered(address: str, here: bool) -> None:
    assert is_on_this_machine(address) is here
