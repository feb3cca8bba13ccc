"""An estimate against what the proxy then records; the endpoint is a stub that counts."""

from __future__ import annotations

import json
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAIError

import locomo_vqa as lv
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.evaluators.running.api import prepare_run, run
from locomo_vqa.schemas import validate
from tests.conftest import Cli
from tests.evaluators.counting_endpoint import counting, counting_endpoint, write_prices
from tests.evaluators.growing import Growing
from tests.evaluators.stub_endpoint import stub_endpoint


def make() -> Growing:
    return Growing()


@pytest.mark.slow
def test_an_estimate_is_near_what_the_run_costs_and_is_part_of_it(tmp_path: Path) -> None:
    with counting_endpoint() as endpoint:
        settings: dict[str, Any] = {
            **{"benchmark": "sample", "split": "train", "images": "none", "limit": 3},
            **{"model": endpoint.model, "prices": write_prices(tmp_path, endpoint)},
            **{"out": tmp_path / "run", "progress": False},
        }
        estimate = lv.estimate_run(make, sample_questions=2, **settings)
        assert estimate.sample == ("sample-01", "sample-03")
        assert (estimate.asked, estimate.questions) == (4, 21)
        asked = len(endpoint.requests)
        assert asked == 6 + 5 + 4  # An update for each session, and the questions.
        again = lv.estimate_run(make, sample_questions=2, **settings)
        assert len(endpoint.requests) == asked  # It is known already.
        assert again.total == estimate.total
        whole = lv.run(make, **settings)
        asked = len(endpoint.requests)
        after = lv.estimate_run(make, sample_questions=2, **settings)
        assert len(endpoint.requests) == asked
    calls = whole.info["calls"]
    assert after.total is not None
    assert after.total.calls.value == pytest.approx(asked, rel=0.02)  # What was replayed is once.
    assert len(endpoint.requests) == calls["overall"]["calls"] - calls["overall"]["replayed"]
    assert estimate.cost == pytest.approx(calls["overall"]["paid_usd"], rel=0.2)
    assert estimate.spent == pytest.approx(estimate.total.cost.seen)  # type: ignore[union-attr]
    made = {
        stage: totals["calls"] - totals["replayed"] for stage, totals in calls["by_stage"].items()
    }
    frame = estimate.to_frame().set_index("stage")
    assert frame.calls["update"] == pytest.approx(made["update"], rel=0.2)
    assert frame.calls["generation"] == pytest.approx(made["generation"], rel=0.2)
    row = frame.loc["all"]
    assert abs(row.cost_usd - calls["overall"]["paid_usd"]) <= row.cost_usd_plus_minus
    assert "21 questions" in estimate._repr_html_()
    written = json.loads((tmp_path / "run" / "estimate.json").read_text())
    validate(written, "estimate", path=Path("estimate.json"), remedy="")


@pytest.mark.slow
def test_refused_calls_have_no_tokens_and_cost_nothing(tmp_path: Path) -> None:
    # The endpoint refuses every request once, and a system asks again: half of the calls fail.
    count = iter(range(1_000_000))
    reply = counting(lambda body: "blue")

    def respond(body: dict[str, Any]) -> tuple[int, Any]:
        return reply(body) if next(count) % 2 else (500, {"error": {"message": "busy"}})

    class Stubborn(Growing):
        def _ask(self, stage: str, text: str) -> str:
            try:
                return super()._ask(stage, text)
            except OpenAIError:
                return super()._ask(stage, text)

    def make_stubborn() -> Growing:
        return Stubborn()

    with stub_endpoint(respond) as endpoint:
        settings: dict[str, Any] = {
            **{"benchmark": "sample", "split": "train", "images": "none", "limit": 3},
            **{"model": endpoint.model, "prices": write_prices(tmp_path, endpoint)},
            **{"out": tmp_path / "run", "progress": False},
        }
        estimate = lv.estimate_run(make_stubborn, sample_questions=2, **settings)
        calls = lv.run(make_stubborn, **settings).info["calls"]["overall"]
    assert calls["failed"] >= 20
    assert estimate.total is not None
    assert estimate.cost == pytest.approx(calls["paid_usd"], rel=0.2)
    made = calls["calls"] - calls["replayed"]
    assert estimate.total.calls.value == pytest.approx(made, rel=0.2)


@pytest.mark.slow
def test_an_estimate_keeps_a_budget(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        counting_endpoint() as endpoint,
        pytest.raises(BudgetReached, match="is used up"),
    ):
        lv.estimate_run(
            make,
            benchmark="sample",
            model=endpoint.model,
            prices=write_prices(tmp_path, endpoint),
            out=tmp_path / "run",
            budget=0.001,
            images="none",
            progress=lambda text, done, total: said.append(text),
        )
    note = next(text for text in said if text.startswith("The estimate reads"))
    assert "asks 20 of" in note and "At most $0.0010 is spent." in note


@pytest.mark.slow
def test_the_command_prints_the_estimate(cli: Cli, tmp_path: Path) -> None:
    command = ("run", "full-context", "--benchmark", "sample", "--images", "none", "--limit", "4")
    with counting_endpoint() as endpoint:
        options = ("--model", endpoint.model, "--estimate", "--sample-questions", "2")
        done = cli(*command, *options, "--out", "run")
    assert done.returncode == 0
    assert "time only, about" in done.stdout
    assert "is on this machine: it costs time only" in done.stdout  # Not 0: it may cost something.
    assert "From sample-09 and sample-10 (of 2 conversations) and 4 of 8 questions." in done.stdout
    assert done.stdout.rstrip().endswith("without --estimate and with --out run")


def test_an_argument_that_run_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="imges"):
        lv.estimate_run("no-memory", benchmark="sample", imges="none")
    with pytest.raises(InputError, match="`repeat`: an estimate is of a single run"):
        lv.estimate_run("no-memory", benchmark="sample", repeat=3)
    with pytest.raises(InputError, match="`sample_questions`"):
        lv.estimate_run("no-memory", benchmark="sample", sample_questions=0)


def test_an_estimate_takes_what_run_takes() -> None:
    assert signature(prepare_run).parameters == signature(run).parameters
