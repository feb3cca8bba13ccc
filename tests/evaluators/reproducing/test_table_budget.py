"""A budget for a table: runs, teachers and judges share it; the endpoint is a stub that counts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.distilling.memlora import api
from locomo_vqa.evaluators.distilling.memlora.search import Search
from locomo_vqa.models import embedded
from locomo_vqa.runs import read_run
from locomo_vqa.schemas import validate
from tests.conftest import Cli
from tests.evaluators.counting_endpoint import cost_of, counting_endpoint, write_prices
from tests.evaluators.recording import SAMPLE
from tests.evaluators.reproducing.paid_table import (
    VERDICT,
    of_judge,
    price_of,
    say,
    sorted_texts,
    write_call,
    write_short_benchmark,
)
from tests.evaluators.stub_endpoint import StubEndpoint

EXPERTS = Path(embedded.__file__).parent / "student" / "experts"
REPLIES = cost_of(0, 2 * len(VERDICT))
"""More than the replies to two requests cost, which are not known while they are in flight."""


@pytest.fixture
def endpoint() -> Iterator[StubEndpoint]:
    with counting_endpoint(say) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("short") / "benchmark"
    write_short_benchmark(folder)
    return folder


@pytest.fixture
def settings(endpoint: StubEndpoint, benchmark: Path, tmp_path: Path) -> dict[str, Any]:
    prices = write_prices(tmp_path, endpoint)
    prices.write_text(prices.read_text().replace('["stub"]', '["stub", "other"]'))
    return {
        **{"models": {"Gemma2-27B": endpoint.model}, "judge": f"{endpoint.model}&in_flight=1"},
        **{"benchmark": benchmark, "split": "validation", "limit": 9, "only": "Gemma2-27B"},
        **{"embedder": "lexical", "prices": prices, "progress": False},
    }


@pytest.mark.slow
def test_runs_and_judges_share_a_budget_and_go_on_without_paying_twice(
    endpoint: StubEndpoint, settings: dict[str, Any], tmp_path: Path
) -> None:
    (whole,) = lv.reproduce("1", out=tmp_path / "whole", **settings).rows
    asked = list(endpoint.requests)
    endpoint.requests.clear()
    judged = price_of(of_judge(asked))

    out, limit = tmp_path / "out", price_of(asked) - 0.5 * judged
    (row,) = lv.reproduce("1", out=out, budget=limit, **settings).rows
    assert row.state == "failed"
    assert row.reason is not None
    assert row.reason.startswith("The budget of $0.0")
    assert row.reason.endswith("a larger `budget` to go on: nothing is paid for twice.")
    assert 0 < len(of_judge(endpoint.requests)) < len(of_judge(asked))
    assert limit - judged < price_of(endpoint.requests) <= limit + REPLIES
    calls = [json.loads(line) for line in (out / "calls.jsonl").read_text().splitlines()]
    for call in calls:
        validate(call, "reproduction_call", path=out, remedy="")
        assert (call["stage"], call["role"]) == ("score", "judge")
    paid = sum(cost_of(call["input_tokens"], call["output_tokens"]) for call in calls)
    run = read_run(row.plan.folder).info["calls"]["overall"]["paid_usd"]
    assert paid + run == pytest.approx(price_of(endpoint.requests))

    before = len(endpoint.requests)
    (again,) = lv.reproduce("1", out=out, budget=0.5 * limit, **settings).rows
    assert again.state == "failed"
    assert len(endpoint.requests) == before  # What was spent before counts.
    (done,) = lv.reproduce("1", out=out, budget=1.1 * price_of(asked), **settings).rows
    assert done.ours == whole.ours
    assert sorted_texts(endpoint.requests) == sorted_texts(asked)  # None was asked twice.


@pytest.mark.slow
def test_rows_share_a_budget(
    endpoint: StubEndpoint, settings: dict[str, Any], tmp_path: Path
) -> None:
    """The second row is stopped in its run, and the third is not begun."""
    other = endpoint.model.replace("=stub", "=other")
    third = f"{endpoint.model}&max_tokens=99"
    settings["models"] |= {"GPT-OSS-120B": other, "Gemma2-2B": third}
    settings |= {"judge": "rules", "only": ["1"], "limit": 2, "out": tmp_path / "out"}
    lv.reproduce("1", **settings)
    first = price_of(endpoint.requests)
    rows = lv.reproduce("1", **{**settings, "only": ["1", "2", "6"]}, budget=1.5 * first).rows
    assert price_of(endpoint.requests) <= 1.5 * first
    assert {body["model"] for body in endpoint.requests} == {"stub", "other"}
    assert [row.state for row in rows] == ["partly", "failed", "failed"]
    assert rows[1].reason == rows[2].reason


@pytest.mark.slow
def test_teachers_and_the_judge_of_a_search_are_within_the_budget(
    endpoint: StubEndpoint,
    settings: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Training is left out, and the search judges one answer."""
    question = next(q for q in SAMPLE.text_questions if q.split == "validation")

    def search(made: Search) -> dict[str, Any]:
        answers = {question.id: "blue"}
        judge = made.runner.judge
        lv.score(answers, benchmark="sample", metrics=["j"], judge=judge, progress=False)
        shutil.copytree(EXPERTS, made.runner.out / "experts", dirs_exist_ok=True)
        return {}

    monkeypatch.setattr(Search, "run", search)
    monkeypatch.setattr(api, "train_candidates", lambda *_, **__: {})
    settings |= {"only": "2", "limit": 2, "out": tmp_path / "out"}
    settings["models"] |= {"Gemma2-2B": "embedded:student"}
    limit = 0.004
    (row,) = lv.reproduce("A6", budget=limit, **settings).rows
    assert row.reason is not None
    assert row.reason.startswith("The budget of $0.00")
    assert 0.5 * limit < price_of(endpoint.requests) <= limit * 1.01
    before = len(endpoint.requests)
    lv.reproduce("A6", budget=0.5 * limit, **settings)
    assert len(endpoint.requests) == before
    (row,) = lv.reproduce("A6", budget=10, **settings).rows
    assert row.state == "filled"
    texts = sorted_texts(endpoint.requests)
    assert len(texts) == len(set(texts))  # Nothing was paid for twice.
    lines = (tmp_path / "out" / "calls.jsonl").read_text().splitlines()
    calls = [json.loads(line) for line in lines]
    assert len(calls) == len(texts)
    roles = {(call["stage"], call["role"]) for call in calls}
    assert roles == {("distill", "teacher"), ("distill", "judge")}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"judge": "openai:http://127.0.0.1:9/v1?model=x"}, "no price is known for x at 127.0.0.1"),
        (
            {"embedder": "openai:https://example.org/v1?model=e&key=none"},
            "the calls to e at example.org, which `embedder` names, are not counted",
        ),
        ({"embedder": "stub"}, "the calls to stub at .*, which `embedder` names, are not counted"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_anything(
    changed: dict[str, Any],
    error: str,
    endpoint: StubEndpoint,
    settings: dict[str, Any],
    tmp_path: Path,
) -> None:
    """An embedding model on this machine counts as free, unless it has a price."""
    if changed.get("embedder") == "stub":
        changed = {"embedder": endpoint.model}
    with pytest.raises(InputError, match=f"`budget` can't be kept: {error}"):
        lv.reproduce("1", out=tmp_path / "out", budget=5, **{**settings, **changed})
    assert not endpoint.requests
    assert not (tmp_path / "out").exists()


def test_a_stage_at_another_endpoint_is_not_within_a_budget(
    endpoint: StubEndpoint, settings: dict[str, Any], tmp_path: Path
) -> None:
    """It is asked beside the run's model, whose calls alone are counted."""
    settings["models"] |= {"Gemma2-2B": endpoint.model}
    with pytest.raises(InputError, match="the calls of its stages to Gemma2-27B are not counted"):
        lv.reproduce("4", out=tmp_path / "out", budget=5, **{**settings, "only": "2"})
    assert not endpoint.requests


def test_the_command_says_what_was_spent_and_how_to_go_on(
    cli: Cli,
    endpoint: StubEndpoint,
    benchmark: Path,
    settings: dict[str, Any],
    tmp_path: Path,
) -> None:
    """An earlier command spent all of it on a judge: 1,500 tokens in, and 200 out."""
    cost = write_call(tmp_path / "out", endpoint, "stub")
    assert cost == pytest.approx(0.005)
    words = ("reproduce", "1", "--only", "1", "--benchmark", str(benchmark), "--out", "out")
    words += ("--model", f"Gemma2-27B={endpoint.model}", "--judge", "rules")
    done = cli(*words, "--embedder", "lexical", "--prices", "prices.toml", "--budget", "0.005")
    assert done.returncode == 1
    shown = " ".join(done.stdout.split())
    spent = (
        "The budget of $0.0050 is used up: $0.0050 spent on the runs, teachers and judges of out"
    )
    remedy = "Repeat the call with a larger --budget to go on: nothing is paid for twice."
    assert f"Row 1 failed: {spent}. {remedy}" in shown
    assert not endpoint.requests


def test_an_earlier_call_without_a_price_is_refused(
    endpoint: StubEndpoint, settings: dict[str, Any], tmp_path: Path
) -> None:
    write_call(tmp_path / "out", endpoint, "unknown")
    with pytest.raises(InputError, match="no price is known for an earlier call to unknown at 127"):
        lv.reproduce("1", out=tmp_path / "out", budget=5, **settings)
    assert not endpoint.requests
