"""Latency, usage and the proxy's calls: what is not recorded is never taken as 0."""

from __future__ import annotations

import random
from pathlib import Path

import numpy
import pytest

from locomo_vqa.evaluators.report.calls import read_call_groups
from locomo_vqa.evaluators.report.cost import cost_of, percentiles
from tests.evaluators.report.sheets import TEXT, VISUAL, sheet_of

CALL = '{"conversation": "a", "stage": "extract", "model": "m", '
CALLS = (
    CALL + '"input_tokens": 10, "output_tokens": 2, "latency_ms": 100}\n',
    CALL + '"input_tokens": 30, "output_tokens": null, "latency_ms": 300.0}\n',
    '{"stage": 7, "input_tokens": true, "output_tokens": -1, "latency_ms": NaN, "more": [1]}\n',
    "\n[1]\n\xff\n",
    CALL + '"latency_ms": 9000, "outcome": "timeout"}\n',
    CALL + '"input_tokens": 5, "output_tokens": 1, "latency_ms": 0, "outcome": "ok", '
    '"replayed": true, "counted": "approximated"}\n',
    CALL + '"input_tok',
)


@pytest.mark.parametrize("number", [1, 2, 3, 57])
def test_percentiles_are_numpy_s(number: int) -> None:
    values = [random.Random(number + n).expovariate(0.01) for n in range(number)]
    found = percentiles(values)
    wanted = numpy.percentile(values, [50, 90, 95, 99])
    assert [found[f"p{p}"] for p in (50, 90, 95, 99)] == pytest.approx(list(wanted))
    assert (found["n"], found["max"]) == (number, max(values))
    assert found["mean"] == pytest.approx(numpy.mean(values))


def test_usage_is_summed_over_the_answers_that_have_it(tmp_path: Path) -> None:
    usage = {"input_tokens": 100, "output_tokens": 5, "calls": 1}
    sheet = sheet_of(
        tmp_path,
        {
            TEXT[0].id: {"prediction": "x", "state": "ok", "usage": usage, "latency_ms": 10},
            TEXT[1].id: {"prediction": "x", "state": "ok", "usage": {**usage, "calls": None}},
            TEXT[2].id: "x",
            VISUAL[0].id: {"prediction": "x", "state": "ok", "latency_ms": 30},
        },
    )
    cost = cost_of(sheet, [*TEXT, *VISUAL])
    assert [(row["label"], row["rows"], row["n"], row["p50"]) for row in cost["latency"]] == [
        ("Text questions", 3, 1, 10.0),
        ("Visual questions", 1, 1, 30.0),
        ("All", 4, 2, 20.0),
    ]
    text, visual, _ = cost["usage"]
    assert text["input_tokens"] == {"n": 2, "sum": 200} and text["calls"] == {"n": 1, "sum": 1}
    assert visual["output_tokens"] == {"n": 0, "sum": 0}
    assert cost["calls"] is None


def test_calls_are_read_as_far_as_they_can_be(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes("".join(CALLS).encode("latin-1"))
    calls = read_call_groups(path)
    assert calls is not None
    assert calls.unreadable == 3
    assert list(calls.groups) == [("extract", "m"), ("not named", "not named")]
    extract, other = calls.groups.values()
    assert (extract.calls, extract.counted) == (4, 2)
    assert (extract.failed, extract.replayed, extract.approximated) == (1, 1, 1)
    assert (extract.input_tokens, extract.output_tokens) == (15, 3)
    assert extract.latencies == [100, 300]
    assert (other.calls, other.counted, other.latencies) == (1, 0, [])
    assert read_call_groups(tmp_path / "none.jsonl") is None
