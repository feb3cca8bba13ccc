"""Text from outside, made safe for a terminal, for a file and for a notebook."""

from __future__ import annotations

import pytest

from locomo_vqa.errors import MissingResource
from locomo_vqa.html_table import html_table
from locomo_vqa.text import counted, escape_unprintable, printable
from locomo_vqa.wings import load_by_name


def test_a_terminal_gets_no_control_characters() -> None:
    assert printable("a\tb\nc\x1b[31m\x00\x9b\r\ud800é") == "a b\nc\ufffd[31m\ufffd\ufffd\ufffd?é"


def test_unprintable_characters_are_escaped() -> None:
    assert escape_unprintable("\x1b[31m\u202ea\udcff\n") == "\\x1b[31m\\u202ea\\udcff\\n"
    assert escape_unprintable("x" * 10, most=5) == "xxxx…"


def test_a_table_has_no_markup_of_strangers() -> None:
    shown = html_table(["<a>"], [["<b>&\x00", None]], numbers=["n"], caption="<c>", notes=["<d>"])
    assert shown == (
        "<table><caption>&lt;c&gt;</caption>"
        '<thead><tr><th style="text-align: left">&lt;a&gt;</th>'
        '<th style="text-align: right">n</th></tr></thead>'
        '<tbody><tr><td style="text-align: left">&lt;b&gt;&amp;\ufffd</td>'
        '<td style="text-align: right">–</td></tr></tbody></table>'
        "<ul><li>&lt;d&gt;</li></ul>"
    )


def test_a_wing_that_is_not_installed_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(MissingResource, match=r"locomo_vqa\.builders is not installed"):
        load_by_name("locomo_vqa.builders:build")
    with pytest.raises(ModuleNotFoundError):
        load_by_name("locomo_vqa.builders.nothing:build")


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 turns"), (1, "1 turn"), (2, "2 turns"), (1200, "1,200 turns")]
)
def test_a_number_with_its_noun(number: int, text: str) -> None:
    assert counted(number, "turn") == text
