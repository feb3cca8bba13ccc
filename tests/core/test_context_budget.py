"""Fitting passages into a budget; with four bytes a token everything can be worked out by hand."""

from __future__ import annotations

import pytest

from locomo_vqa.context_budget import (
    as_list,
    context_in_words,
    fit_hits,
    fit_latest,
    fit_texts,
    parse_context,
)
from locomo_vqa.errors import InputError
from locomo_vqa.models.token_counting import BYTES_RULE, open_counter
from locomo_vqa.system import ContextBudget, Hit

TEXTS = ["abcdef", "ghijklmnopqr", "stuv"]
"""As a list, three lines of 8, 14 and 6 bytes: 30 with the ends of two."""


def budget(tokens: int | None, tokenizer: str = BYTES_RULE) -> ContextBudget:
    return ContextBudget(tokens=tokens, tokenizer=tokenizer)


@pytest.mark.parametrize(
    ("tokens", "kept", "used"),
    [
        (None, tuple(TEXTS), 8),
        (8, tuple(TEXTS), 8),
        # The first two take 23 bytes; a third with the mark would take 26 and a token of itself.
        (7, ("abcdef", "ghijklmnopqr"), 6),
        (6, ("abcdef", "ghijklmnopqr"), 6),
        # 20 bytes: 8 + 1 + 2 leave 9, of which the mark takes 6 (its ellipsis is three bytes).
        (5, ("abcdef",), 2),
        (2, ("abcdef",), 2),
        (1, (), 0),
    ],
)
def test_whole_passages_are_kept_best_first(
    tokens: int | None, kept: tuple[str, ...], used: int
) -> None:
    fitted = fit_texts(TEXTS, budget(tokens))
    assert (fitted.texts, fitted.tokens) == (kept, used)


def test_the_last_passage_is_cut_at_the_end_of_a_token_and_marked() -> None:
    # 32 bytes: two of the list's mark, six of the cut's, and 24 of the passage.
    fitted = fit_texts(["x" * 100, "never shown"], budget(8))
    assert fitted.texts == ("x" * 24 + " […]",)
    assert fitted.tokens == 8


@pytest.mark.parametrize("tokenizer", [BYTES_RULE, "embedded:text-large"])
def test_no_budget_is_ever_exceeded(tokenizer: str) -> None:
    texts = [
        "8 May 2023, Zoë: Guess what, I took up birdwatching!\nReally.",
        "9 May 2023, 東京 Jonas: naïve café 12,345 👩‍👩‍👧 and so on and on and on.",
        "10 May 2023, Zoë: Ha.",
    ]
    counter = open_counter(tokenizer)
    whole = counter.count(as_list(texts))
    for tokens in range(1, whole + 2):
        fitted = fit_texts(texts, budget(tokens, tokenizer))
        assert fitted.tokens == counter.count(as_list(fitted.texts)) <= tokens
        *before, last = fitted.texts or ("",)
        assert before == texts[: len(before)]
        assert texts[len(before)].startswith(last.removesuffix(" […]"))
    assert fit_texts(texts, budget(whole, tokenizer)).texts == tuple(texts)


def test_a_cut_hit_keeps_its_turn() -> None:
    hits = [Hit(text="x" * 100, score=2.0, turn="D1:1"), Hit(text="y", turn="D1:2")]
    assert fit_hits(hits, budget(8)) == (
        (Hit(text="x" * 24 + " […]", score=2.0, turn="D1:1"),),
        8,
    )
    assert fit_hits(hits, None) == (tuple(hits), None)


def test_the_latest_are_kept_where_the_order_is_in_time() -> None:
    lines = ["aaaa", "bbbb", "cccc"]

    def block(number: int) -> str:
        return "".join(lines[len(lines) - number :])

    assert fit_latest(3, block, budget(2)) == (2, 2)
    assert fit_latest(3, block, budget(None)) == (3, 3)
    assert fit_latest(3, block, None) == (3, None)
    assert fit_latest(0, block, budget(2)) == (0, 0)


@pytest.mark.parametrize(
    ("value", "tokens"),
    [(None, None), (1, 1), ("256", 256), ("1k", 1024), ("16K", 16384), ("0256", None)],
)
def test_a_k_is_1024_tokens(value: object, tokens: int | None) -> None:
    if value == "0256":
        with pytest.raises(InputError):
            parse_context(value)
    else:
        assert parse_context(value) == tokens


@pytest.mark.parametrize(
    "value", [0, -1, True, 1.5, "", "k", "4 k", "1.5k", "many", "9" * 10, "٤k"]
)
def test_what_is_not_a_budget_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="`context` must be a number of tokens"):
        parse_context(value)


def test_a_budget_in_words() -> None:
    assert [context_in_words(n) for n in (None, 64, 1024, 1500, 16384)] == [
        *("no limit", "64", "1k", "1,500", "16k"),
    ]
