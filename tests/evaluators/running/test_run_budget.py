"""A run with a budget, through the real proxy; the endpoint is a stub that counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import BudgetReached, InputError
from tests.conftest import Cli
from tests.evaluators.counting_endpoint import cost_of, counting_endpoint, tokens_of, write_prices
from tests.evaluators.growing import Growing, Swallowing
from tests.evaluators.stub_endpoint import StubEndpoint


@pytest.fixture
def endpoint() -> Iterator[StubEndpoint]:
    with counting_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def settings(endpoint: StubEndpoint, tmp_path: Path) -> dict[str, Any]:
    return {
        "benchmark": "sample",
        "model": endpoint.model,
        "prices": write_prices(tmp_path, endpoint),
        "images": "none",
        "limit": 4,
        "progress": False,
    }


def spent(endpoint: StubEndpoint) -> float:
    """Return what the endpoint would charge: each reply has one token."""
    return sum(cost_of(tokens_of(body), 1) for body in endpoint.requests)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize(("system", "jobs"), [(Growing, 1), (Swallowing, 2)])
def test_a_run_stops_in_order_and_goes_on_without_paying_twice(
    system: type, jobs: int, endpoint: StubEndpoint, settings: dict[str, Any], tmp_path: Path
) -> None:
    def make() -> Any:
        return system()

    whole = lv.run(make, out=tmp_path / "whole", **settings)
    cost, asked = spent(endpoint), len(endpoint.requests)
    assert whole.info["calls"]["overall"]["paid_usd"] == pytest.approx(cost)
    endpoint.requests.clear()

    out = tmp_path / "run"
    limit = 0.8 * cost
    with pytest.raises(BudgetReached, match=r"of 8 questions have an outcome.*larger `budget`"):
        lv.run(make, out=out, budget=limit, jobs=jobs, **settings)
    assert 0.5 * limit < spent(endpoint) <= limit
    written = rows(out / "calls.jsonl")
    assert len(written) == len(endpoint.requests)  # Refused calls were never made.
    answers = [row for row in rows(out / "journal.jsonl") if row["event"] == "answer"]
    assert all(row["prediction"] == "blue" for row in answers)
    assert len(rows(out / "predictions.jsonl")) == len(answers) < 8
    assert not any(row.get("state") == "error" for row in rows(out / "journal.jsonl"))

    before = len(endpoint.requests)
    with pytest.raises(BudgetReached, match=r"spent"):
        lv.run(make, out=out, budget=0.5 * spent(endpoint), **settings)
    assert len(endpoint.requests) == before  # Nothing was asked.

    done = lv.run(make, out=out, budget=1.01 * cost, **settings)
    assert [p.prediction for p in done.predictions] == [p.prediction for p in whole.predictions]
    assert len(endpoint.requests) == asked
    assert done.info["calls"]["overall"]["paid_usd"] == pytest.approx(cost)
    assert done.info["calls"]["lost"]["lost"] == 0


def test_a_budget_needs_a_price(endpoint: StubEndpoint, settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"no price is known for stub at 127.0.0.1:\d+") as error:
        lv.run(lambda: Growing(), budget=5, **{**settings, "prices": None})
    assert "`prices`" in error.value.remedy
    assert not endpoint.requests


def test_prices_are_read_before_the_server_is_asked(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "prices.toml").write_text("[[model", encoding="utf-8")
    closed = {**settings, "model": "openai:http://127.0.0.1:9/v1?model=stub"}
    with pytest.raises(InputError, match=r"prices\.toml"):
        lv.run("mem0", **{**closed, "prices": tmp_path / "prices.toml"})


def test_a_call_to_a_model_without_a_price_ends_the_run_before_it(
    endpoint: StubEndpoint, settings: dict[str, Any], tmp_path: Path
) -> None:
    class Other(Growing):
        def answer(self, question: str, **others: Any) -> Any:
            self._model = "dear"
            return super().answer(question, **others)

    with pytest.raises(BudgetReached, match=r"to dear at 127.0.0.1:\d+") as error:
        lv.run(lambda: Other(), out=tmp_path / "run", budget=5, **settings)
    assert "`prices`" in error.value.remedy
    assert {body["model"] for body in endpoint.requests} == {"stub"}


@pytest.mark.parametrize("budget", [-1, float("nan"), True, "5"])
def test_a_budget_is_an_amount(budget: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="`budget` must be a number of at least 0"):
        lv.run(lambda: Growing(), budget=budget, **settings)


@pytest.mark.parametrize("option", ["embedder", "update"])
def test_a_budget_is_refused_where_calls_beside_it_cost_something(
    option: str, endpoint: StubEndpoint, settings: dict[str, Any], tmp_path: Path
) -> None:
    """A model that an option names in full is asked without the proxy."""
    for model, shown in (
        ("openai:https://example.org/v1?model=e&key=none", "e at example.org"),
        (endpoint.model, "stub at 127.0.0.1"),
    ):
        error = f"`budget` can't be kept: the calls to {shown}.*, which the option {option} names"
        with pytest.raises(InputError, match=error):
            lv.run("mem0", options={option: model}, budget=5, out=tmp_path / "run", **settings)
    assert not endpoint.requests


def test_a_system_without_an_endpoint_has_no_budget() -> None:
    with pytest.raises(InputError, match="`budget`: the system makes no calls to an endpoint"):
        lv.run("no-memory", benchmark="sample", budget=5, model="embedded:small")


@pytest.mark.slow
def test_the_command_says_what_was_spent_and_how_to_go_on(
    cli: Cli, endpoint: StubEndpoint, settings: dict[str, Any], tmp_path: Path
) -> None:
    command = ("run", "full-context", "--benchmark", "sample", "--images", "none", "--out", "run")
    command += ("--model", endpoint.model, "--prices", "prices.toml", "--limit", "4")
    done = cli(*command, LOCOMO_VQA_RUN_BUDGET="0.004")
    assert done.returncode == 1
    assert done.stderr.startswith("The budget of $0.0040 is used up: $0.00")
    assert "Repeat the call with --out run and a larger --budget to go on" in done.stderr
    assert spent(endpoint) <= 0.004
    assert cli(*command, "--budget", "1").returncode == 0
    assert len(endpoint.requests) == 8  # None was asked twice.


@pytest.mark.slow
def test_repeats_share_a_budget_and_name_the_folder_to_go_on_with(
    cli: Cli, endpoint: StubEndpoint, settings: dict[str, Any]
) -> None:
    command = ("run", "full-context", "--benchmark", "sample", "--images", "none", "--out", "runs")
    command += ("--model", endpoint.model, "--prices", "prices.toml", "--limit", "4")
    done = cli(*command, "--repeat", "2", "--budget", "0.004")
    assert done.returncode == 1
    assert "of 8 questions of repeat-1 have an outcome" in done.stderr
    assert "Repeat the call with --out runs and a larger --budget" in done.stderr
    assert cli(*command, "--repeat", "2", "--budget", "1").returncode == 0
    answers = [body for body in endpoint.requests if "Say yes." not in str(body)]
    assert len(answers) == 16  # None was asked twice.
