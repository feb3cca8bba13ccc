"""Prices and sums, worked out by hand."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from datetime import date
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.proxy.calls import CALL_OUTCOMES, Call, Counted
from locomo_vqa.evaluators.proxy.ledger import Ledger
from locomo_vqa.evaluators.proxy.prices import bundled_prices, read_prices
from locomo_vqa.evaluators.proxy.summary import summarise
from locomo_vqa.schemas import load_schema

TABLE = """
schema_version = 1
[[price]]
models = ["small", "small-2026"]
host = "api.example.org"
since = 2026-01-01
input = 2.0
cached_input = 0.5
output = 8.0
[[price]]
models = ["small"]
host = "api.example.org"
since = 2026-06-01
input = 1.0
output = 4.0
[[price]]
models = ["vectors"]
host = "127.0.0.1:8000"
since = 2026-01-01
input = 0.1
"""
CALL = Call(
    time="2026-05-31T23:59:59.000+00:00",
    conversation="conv-1",
    stage="llm",
    method="POST",
    path="/v1/chat/completions",
    provider="api.example.org",
    model="small",
    status=200,
    outcome="ok",
    stream=False,
    replayed=False,
    counted="usage",
    input_tokens=1_000_000,
    cached_tokens=None,
    output_tokens=500_000,
    latency_ms=10.0,
    first_byte_ms=None,
    request_bytes=1,
    reply_bytes=1,
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text(TABLE)
    return path


def test_a_call_costs_what_the_day_says(table: Path) -> None:
    prices = read_prices(table)
    assert prices.cost_of(CALL) == pytest.approx(2.0 + 4.0)
    later = replace(CALL, time="2026-06-01T00:00:00.000+00:00")
    assert prices.cost_of(later) == pytest.approx(1.0 + 2.0)
    assert prices.cost_of(replace(CALL, time="2025-12-31T23:59:59.000+00:00")) is None
    assert prices.cost_of(replace(CALL, model="small-2026")) == pytest.approx(6.0)
    assert prices.dated == date(2026, 6, 1)


def test_tokens_of_the_prefix_cache_have_their_own_price(table: Path) -> None:
    prices = read_prices(table)
    cached = replace(CALL, cached_tokens=400_000)
    assert prices.cost_of(cached) == pytest.approx(0.6 * 2.0 + 0.4 * 0.5 + 4.0)
    later = replace(cached, time="2026-07-01T00:00:00.000+00:00")
    assert prices.cost_of(later) == pytest.approx(3.0)  # That line has none: they cost the same.


def test_what_is_unknown_has_no_cost_rather_than_none_at_all(table: Path) -> None:
    prices = read_prices(table)
    for unknown in (
        replace(CALL, model="Small"),
        replace(CALL, model=None),
        replace(CALL, provider="elsewhere.example.org"),
        replace(CALL, output_tokens=None),
        replace(CALL, input_tokens=None),
    ):
        assert prices.cost_of(unknown) is None
    vectors = replace(CALL, model="vectors", provider="127.0.0.1:8000")
    assert prices.cost_of(vectors) is None  # The table has no price for its output.
    assert prices.cost_of(replace(vectors, output_tokens=0)) == pytest.approx(0.1)
    assert prices.cost_of(replace(vectors, output_tokens=0, provider="127.0.0.1:8001")) is None


def test_what_the_endpoint_did_not_do_is_free(table: Path) -> None:
    prices = read_prices(table)
    for outcome in ("http_error", "unreachable", "refused"):
        failed = replace(CALL, model="other", outcome=outcome, input_tokens=None)
        assert prices.cost_of(failed) == 0.0
    assert prices.cost_of(replace(CALL, model=None, method="GET", input_tokens=None)) == 0.0


def test_the_bundled_table_holds_list_prices() -> None:
    # A million tokens each way, as the vendor published them in October 2024.
    call = replace(CALL, model="gpt-4o-mini", provider="api.openai.com", output_tokens=1_000_000)
    assert bundled_prices().cost_of(call) == pytest.approx(0.15 + 0.60)
    assert bundled_prices().cost_of(replace(call, provider="127.0.0.1:8000")) is None


@pytest.mark.parametrize(
    ("was", "becomes", "problem"),
    [
        ("schema_version = 1", "schema_version = 2", "not a price table of version 1"),
        ("input = 0.1", "input = -0.1", "price 3: input must be an amount"),
        ("input = 0.1", "input = inf", "the number inf is not finite"),
        ("input = 0.1", 'input = "0.1"', "price 3: input must be an amount"),
        ("input = 0.1", "", "price 3: input is missing"),
        ("input = 0.1", "input = 0.1\nper = 1000", "price 3: per is not a field"),
        ('models = ["vectors"]', 'models = "vectors"', "price 3: models must be a list"),
        ("since = 2026-06-01", 'since = "June"', "price 2: since must be a date"),
        ("since = 2026-06-01", "since = 2026-06-01T00:00:00", "price 2: since must be a date"),
        ("[[price]]", "[[price", "is not TOML"),
    ],
)
def test_a_table_of_another_shape_is_refused(
    table: Path, was: str, becomes: str, problem: str
) -> None:
    table.write_text(TABLE.replace(was, becomes))
    with pytest.raises(InputError, match=problem):
        read_prices(table)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_prices(tmp_path / "none.toml")


def test_calls_are_summed_by_stage_and_conversation(table: Path, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "calls.jsonl")
    times = [10.0, 20.0, 30.0, 40.0, 110.0]
    for number, latency in enumerate(times):
        ledger.add(replace(CALL, latency_ms=latency, conversation=f"conv-{number % 2}"))
    ledger.add(replace(CALL, stage="judge", replayed=True, latency_ms=0.1, cached_tokens=10))
    failed = replace(CALL, outcome="http_error", status=500, counted="none", latency_ms=9000.0)
    ledger.add(replace(failed, input_tokens=None, output_tokens=None))
    ledger.close()
    summary = summarise(tmp_path / "calls.jsonl", prices=read_prices(table))
    overall = summary.overall
    assert (overall.calls, overall.failed, overall.replayed) == (7, 1, 1)
    assert (overall.input_tokens, overall.output_tokens) == (6_000_000, 3_000_000)
    assert overall.cached_tokens == 10
    assert overall.cost_usd == pytest.approx(36.0 - 10 * 1.5e-6)
    assert overall.paid_usd == pytest.approx(30.0)
    assert (overall.unpriced, summary.unpriced_models) == (0, ())
    # numpy.percentile([10, 20, 30, 40, 110], [50, 90, 99]) is [30, 82, 107.2].
    assert overall.latency_ms is not None
    assert overall.latency_ms.n == 5
    assert overall.latency_ms.p50 == pytest.approx(30.0)
    assert overall.latency_ms.p90 == pytest.approx(82.0)
    assert overall.latency_ms.p99 == pytest.approx(107.2)
    assert overall.first_byte_ms is None
    assert {name: tally.calls for name, tally in summary.by_stage.items()} == {"llm": 6, "judge": 1}
    assert summary.by_stage["judge"].latency_ms is None
    assert {name: tally.calls for name, tally in summary.by_conversation.items()} == {
        "conv-0": 3,
        "conv-1": 4,
    }
    assert summary.prices == "prices.toml of 2026-06-01"


def test_one_unknown_cost_makes_the_sum_unknown(table: Path, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "calls.jsonl")
    ledger.add(CALL)
    ledger.add(replace(CALL, model="own"))
    ledger.add(replace(CALL, model="own", replayed=True))
    ledger.close()
    summary = summarise(tmp_path / "calls.jsonl", prices=read_prices(table))
    assert summary.overall.cost_usd is None
    assert summary.overall.paid_usd is None
    assert summary.overall.known_cost_usd == pytest.approx(6.0)
    assert (summary.overall.unpriced, summary.unpriced_models) == (2, ("own",))


def test_the_schema_has_the_vocabularies_of_the_code() -> None:
    known = load_schema("call")["properties"]
    assert known["outcome"]["enum"] == list(CALL_OUTCOMES)
    assert known["counted"]["enum"] == list(Counted.__args__)  # type: ignore[attr-defined]
    assert list(Call.__slots__) == list(known)
    needed = [field.name for field in fields(Call) if field.default is MISSING]
    assert load_schema("call")["required"] == needed  # The others came later.
