"""Every benchmark's command can be parsed, and every result line can be recorded."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import page
from benchmarks.catalog import CATALOG, parser_of
from benchmarks.measuring import CommandFailed, in_turns, measured, median_ratio, run_command
from benchmarks.peers import PeerMissing, environment, install
from benchmarks.results import less_cpu, not_measured


@pytest.mark.parametrize("name", CATALOG)
def test_a_benchmark_parses_its_recorded_arguments_and_its_help(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = CATALOG[name]
    parser = parser_of(entry)
    given = ["--locomo", "locomo10.json"] if entry.locomo else []
    parser.parse_args([*entry.arguments, *given])
    parser.parse_args([*entry.arguments, *entry.quick])
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_a_ratio_is_the_median_of_the_pairs() -> None:
    assert median_ratio([1.0, 2.0, 4.0], [10.0, 10.0, 10.0]) == 5.0


def test_works_run_in_turns() -> None:
    order: list[str] = []
    times = in_turns({name: lambda name=name: order.append(name) for name in "ab"}, 2)
    assert order == ["a", "b", "a", "b"]
    assert {name: len(values) for name, values in times.items()} == {"a": 2, "b": 2}


def test_the_cpu_time_of_children_counts() -> None:
    code = "import time\nwhile time.process_time() < 0.2: pass"
    printed, cost = run_command([sys.executable, "-c", code])
    assert printed == ""
    assert cost.cpu_s >= 0.2
    assert measured(lambda: run_command([sys.executable, "-c", code]))[1].cpu_s >= 0.2


def test_a_command_that_fails_is_an_error_with_its_output() -> None:
    with pytest.raises(CommandFailed, match=r"ended with 3:\nwhy"):
        run_command([sys.executable, "-c", "print('why'); raise SystemExit(3)"])
    with pytest.raises(CommandFailed, match="ended with -9"):
        run_command([sys.executable, "-c", "import signal; signal.pause()"], timeout_s=0.2)


def test_a_peer_that_cannot_be_installed_is_missing_with_a_reason() -> None:
    with pytest.raises(PeerMissing, match="Invalid requirement"):
        install(Path(sys.executable), ["not a requirement"])


def test_what_is_here_in_the_same_version_needs_no_environment() -> None:
    assert environment(f"pytest=={pytest.__version__}") == Path(sys.executable)


def test_a_ratio_below_what_must_be_reached_is_marked() -> None:
    assert less_cpu("it", "peer", 2.0, 50.0, 25).met is True
    assert less_cpu("it", "peer", 2.1, 50.0, 25).met is False
    missing = not_measured("it", "peer", "25 × less CPU", "not here")
    assert (missing.met, missing.measured) == (None, "not measured: not here")


def test_the_page_has_the_recorded_results() -> None:
    recorded = json.loads(page.RESULTS.read_text(encoding="utf-8"))
    assert page.with_results(page.PAGE.read_text(encoding="utf-8"), recorded) == (
        page.PAGE.read_text(encoding="utf-8")
    )
    assert {*recorded["benchmarks"]} <= {*CATALOG}
