"""A build's budget and its estimate; the endpoint is a stub that knows the sample's images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.builders.build import build
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.schemas import validate
from tests.builders.all_knowing import AllKnowing, all_knowing
from tests.builders.small_build import write_small_build
from tests.evaluators.stub_endpoint import StubEndpoint

CALL = 2 * 10.0 / 1e6
"""What a call costs: the stub says 2 tokens out, whatever it wrote."""


@pytest.fixture
def known() -> Iterator[tuple[AllKnowing, StubEndpoint]]:
    with all_knowing(("colour",)) as found:
        yield found


@pytest.fixture
def settings(known: tuple[AllKnowing, StubEndpoint], tmp_path: Path) -> dict[str, Any]:
    endpoint = known[1]
    write_small_build(tmp_path, endpoint.url)
    (tmp_path / "prices.toml").write_text(
        'schema_version = 1\n[[price]]\nmodels = ["large", "small"]\n'
        f'host = "{endpoint.url[7:]}"\nsince = 2026-01-01\ninput = 0.0\noutput = 10.0\n'
    )
    return {
        "recipe": tmp_path / "recipe.toml",
        "work": tmp_path / "w",
        "locomo": tmp_path / "locomo.json",
        "mirror": tmp_path / "mirror",
        "prices": tmp_path / "prices.toml",
        "limit": 8,
        "progress": False,
    }


def calls(work: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (work / "calls.jsonl").read_text().splitlines()]
    for row in rows:
        validate(row, "build_call", path=work, remedy="")
    return rows


@pytest.mark.slow
def test_an_estimate_is_near_what_the_build_asks_and_a_budget_stops_it_in_order(
    known: tuple[AllKnowing, StubEndpoint], settings: dict[str, Any]
) -> None:
    endpoint, work = known[1], settings["work"]
    estimate = lv.estimate_build(sample_images=3, **settings)
    sampled = len(endpoint.requests)
    assert sampled == len(calls(work))
    assert estimate.spent == pytest.approx(sampled * CALL)
    assert lv.estimate_build(sample_images=3, **settings).stages == estimate.stages
    assert len(endpoint.requests) == sampled  # The replies are stored.

    with pytest.raises(BudgetReached, match=r"is used up: .* spent; it came to (probe|generate)"):
        build(**settings, budget=(sampled + 10.5) * CALL)
    assert len(endpoint.requests) == len(calls(work)) == sampled + 10
    with pytest.raises(BudgetReached):
        build(**settings, budget=sampled * CALL)
    assert len(endpoint.requests) == sampled + 10

    done = build(**settings, budget=1.0)
    assert done.benchmark is not None
    assert max(known[0].asked.values()) == 1  # Nothing was paid for twice.
    rows = calls(work)
    assert len(rows) == len(endpoint.requests)
    made = [row for row in rows if row["stage"] != "check"]
    assert estimate.stages[-1].calls == pytest.approx(len(made), rel=0.2)
    assert estimate.cost == pytest.approx(len(made) * CALL, rel=0.2)
    frame = estimate.to_frame().set_index("stage")
    for stage in ("probe", "generate", "quality"):
        number = sum(row["stage"] == stage for row in made)
        assert frame.calls[stage] == pytest.approx(number, rel=0.3)


def test_a_budget_needs_prices_before_anything_is_asked(
    known: tuple[AllKnowing, StubEndpoint], settings: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match=r"no price is known for large at 127") as error:
        build(**{**settings, "prices": None}, budget=5)
    assert "`prices`" in error.value.remedy
    with pytest.raises(InputError, match="the build makes no calls to an endpoint"):
        build("sample", work=settings["work"], budget=5, progress=False)
    assert not known[1].requests
    assert not settings["work"].exists()


def test_an_estimate_is_made_by_this_process(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="`workers`: an estimate asks about a few images only"):
        lv.estimate_build(**settings, workers="ray")
    assert not settings["work"].exists()
