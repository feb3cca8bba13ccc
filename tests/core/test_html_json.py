"""JSON inside a page: nothing in it ends the script, and it still means the same."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomo_vqa.html_json import json_for_html
from tests.torture.profile import few_examples


def test_json_in_a_page_can_t_end_its_script_and_means_the_same() -> None:
    texts = [
        "</script><!--<script>",
        "\0\ud800\u2028\N{RIGHT-TO-LEFT OVERRIDE}",
        "&lt;",
        "\x7f\x9f",
    ]
    written = json_for_html(texts)
    assert not set("<>&\0\u2028\x7f\x9f") & set(written)
    assert json.loads(written) == [texts[0], texts[1].replace("\ud800", "\ufffd"), *texts[2:]]
    written.encode("utf-8")


def test_numbers_that_json_does_not_have_are_null() -> None:
    values = {"a": [float("nan"), 1.5, (float("inf"),)], "b": {"c": float("-inf")}, "d": True}
    assert json_for_html(values) == '{"a":[null,1.5,[null]],"b":{"c":null},"d":true}'


class Scripts(HTMLParser):
    """Collects what a page's scripts hold, as a browser takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["</script>", "<!--"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.slow
@few_examples
@given(VALUES)
def test_a_page_gives_back_every_value(value: Any) -> None:
    page = Scripts()
    page.feed(f"<script>{json_for_html(value)}</script>")
    page.close()
    assert json.loads("".join(page.found)) == value
