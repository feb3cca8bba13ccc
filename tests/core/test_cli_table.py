"""Tables are whole at 80 columns and readable at 40: nothing that was put in is cut off."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from locomo_vqa.cli_support import make_table

WORDS = "finds turns by their words and answers with a span of the best turn of all"
METRICS = ["Overall", "95 % interval", "n", "multi-hop", "temporal", "open-domain", "single-hop"]


def shown(table: object, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(table)
    return out.getvalue()


def numbers_table() -> object:
    table = make_table("Metric", numbers=METRICS, title="Scores")
    table.add_row("ROUGE-1", "0.1340", "0.0120 … 0.6839", "1,986", *["0.0833"] * 4)
    table.add_row("V", "0.0", "0.0 … 4.1", "90", *["–"] * 4)
    return table


@pytest.mark.parametrize("width", [120, 80, 40, 32])
def test_no_number_and_no_heading_is_cut_off(width: int) -> None:
    text = shown(numbers_table(), width)
    for cell in ("ROUGE-1", "0.0120 … 0.6839", "1,986", *METRICS):
        assert cell in text
    assert "…" not in text.replace(" … ", "")
    assert max(map(len, text.splitlines())) <= width
    assert text.count("Scores") == 1


def test_a_table_that_fits_stays_one_table() -> None:
    assert len(re.findall("Metric", shown(numbers_table(), 120))) == 1


def test_a_table_that_is_too_wide_becomes_several_with_the_same_first_column() -> None:
    lines = shown(numbers_table(), 40).splitlines()
    heads = [line.split()[0] for line in lines if line.split()[:1] == ["Metric"]]
    assert len(heads) == len([line for line in lines if line.startswith(" ROUGE-1")]) > 1


@pytest.mark.parametrize("width", [80, 40])
def test_words_are_wrapped_and_never_broken(width: int) -> None:
    table = make_table("System", "What it does", "Sees", numbers=["Calls"])
    table.add_row("bm25-with-a-model", WORDS, "captions", "1,234,567")
    text = shown(table, width)
    for word in [*WORDS.split(), "bm25-with-a-model", "captions", "1,234,567"]:
        assert re.search(rf"(?<!\S){re.escape(word)}(?!\S)", text), word
    assert max(map(len, text.splitlines())) <= width


def test_columns_that_fit_nowhere_become_lines() -> None:
    table = make_table("File", "What is wrong with it", numbers=["Rows"])
    table.add_row("a-name-of-twenty-nine-letters", WORDS * 3, "12")
    text = shown(table, 32)
    assert "a-name-of-twenty-nine-letters" in text
    assert "  Rows: 12" in text


def test_an_empty_table_shows_its_headings() -> None:
    assert "Metric" in shown(make_table("Metric", numbers=["n"]), 40)


def test_what_strangers_wrote_is_safe_as_lines_too() -> None:
    table = make_table("File", "What is wrong with it", numbers=["Rows"])
    table.add_row("a-name-of-twenty-nine-letters\x1b[31m", f"[bold]{WORDS}" * 3, "12")
    text = shown(table, 32)
    assert "\x1b" not in text
    assert "[bold]finds" in text
