"""What metrics do to answers before they compare them, against independent implementations."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from rouge_score.rouge_scorer import RougeScorer
from sklearn.metrics import ndcg_score

from locomo_vqa.evaluators.metrics.bleu1 import _tokens, bleu1
from locomo_vqa.evaluators.metrics.f1 import f1
from locomo_vqa.evaluators.metrics.meteor import meteor
from locomo_vqa.evaluators.metrics.porter import stem
from locomo_vqa.evaluators.metrics.rouge1 import rouge1
from locomo_vqa.evaluators.retrieval.measures import MEASURES, measure
from locomo_vqa.evaluators.retrieval.ranks import rank_retrieved
from locomo_vqa.exact_match import exact_match, normalise
from locomo_vqa.runs import Hit

from .profile import few_examples

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
WORD = (
    *("a", "the", "cats", "running", "Ada's", "don't", "3.5", "May", "U.S.", "well-known", "“x”"),
    *("!", "?", ",", "…", "e.g.", "naïve", "10,000", "$5", "İ", "ß", "\u00a0", "x/y"),
)
WORDS = st.lists(st.sampled_from(WORD), max_size=10).map(" ".join)
TEXTS = ANY_TEXT | WORDS
BLANKS = st.text(" \t\n\r\u00a0\u2003", max_size=3)


@few_examples
@given(TEXTS, TEXTS, BLANKS)
def test_exact_match(one: str, other: str, blanks: str) -> None:
    assert exact_match(one, one)
    assert exact_match(f"{blanks}{one}{blanks}", one)
    assert exact_match(one, other) == exact_match(other, one)
    assert normalise(normalise(one)) == normalise(one)
    if one.isascii():
        assert exact_match(one.swapcase(), one)
    assert not exact_match(f"{one} x", one)


@few_examples
@given(TEXTS, TEXTS)
def test_f1(one: str, other: str) -> None:
    value = f1(one, other)
    assert 0 <= value <= 1
    assert value == pytest.approx(f1(other, one))
    words = [{*"".join(" " if c in ".,!?" else c for c in t.lower()).split()} for t in (one, other)]
    both = sum(map(len, words))
    shared = len(words[0] & words[1])
    assert value == pytest.approx(2 * shared / both if shared else 0)


@few_examples
@given(TEXTS, TEXTS)
def test_bleu(one: str, other: str) -> None:
    tokens = _tokens(one), _tokens(other)
    expected = 0.0
    if all(tokens):
        expected = sentence_bleu(
            [tokens[1]],
            tokens[0],
            weights=(1, 0, 0, 0),
            smoothing_function=SmoothingFunction().method1,
        )
    shared = set(tokens[0]) & set(tokens[1])
    assert bleu1(one, other) == pytest.approx(expected if shared else 0.0)
    assert 0 <= meteor(one, other) <= 1


ROUGE = RougeScorer(["rouge1"], use_stemmer=True)
PORTER = PorterStemmer()


@few_examples
@given(TEXTS, TEXTS)
def test_rouge(one: str, other: str) -> None:
    assert rouge1(one, other) == pytest.approx(ROUGE.score(other, one)["rouge1"].fmeasure)


ENDINGS = [
    "",
    "s",
    "ies",
    "sses",
    "ed",
    "eed",
    "ing",
    "ational",
    "izer",
    "fulness",
    "y",
    "ll",
    "ement",
]
STEMS = st.text(string.ascii_lowercase, min_size=1, max_size=9)


@few_examples
@given(STEMS, st.sampled_from(ENDINGS), st.sampled_from(ENDINGS))
def test_stems(start: str, middle: str, end: str) -> None:
    word = start + middle + end
    assert stem(word) == PORTER.stem(word)


TURNS = [f"D{session}:{turn}" for session in (1, 2, 3) for turn in (1, 2, 3)]
HITS = st.lists(
    st.builds(
        Hit,
        text=st.just("said"),
        turn=st.sampled_from([None, *TURNS, "D9:9", ""]),
        turns=st.lists(st.sampled_from([*TURNS, "D9:8"]), max_size=3).map(tuple),
        sessions=st.lists(st.integers(1, 4), max_size=2).map(tuple),
    ),
    max_size=12,
)


@few_examples
@given(HITS)
def test_ids_that_were_retrieved(hits: list[Hit]) -> None:
    """Each distinct id takes a place, in the order of the passages; the others don't move it."""
    known = {turn: int(turn[1]) for turn in TURNS}
    expected: list[str | None] = []
    for hit in hits:
        named = [*([hit.turn] if hit.turn else []), *hit.turns]
        expected += [turn for turn in dict.fromkeys(named) if turn not in expected]
        expected += [] if named else [None]
    found = rank_retrieved(hits, known)
    ranks = {turn: place for place, turn in enumerate(expected, 1) if turn in known}
    assert found.turns == ranks
    assert found.passages == len(hits)
    assert sorted(found.sessions.values()) == sorted({*found.sessions.values()})
    assert {known[turn] for turn in found.turns} <= found.sessions.keys()


@few_examples
@given(st.lists(st.none() | st.integers(1, 60), min_size=1, max_size=6), st.integers(1, 50))
def test_measures_of_retrieval(places: list[int | None], k: int) -> None:
    ranks = list({place: None for place in places if place is not None}) + [None] * places.count(
        None
    )
    values = {name: measure(name, ranks, k) for name in MEASURES}
    assert all(0 <= value <= 1 + 1e-12 for value in values.values())
    assert values["complete"] <= values["fraction"] <= values["any"]
    assert all(
        measure(name, ranks, k) <= measure(name, ranks, k + 1)
        for name in ("any", "complete", "fraction")
    )
    relevance = [0.0] * (61 + len(ranks))
    for place in ranks:
        relevance[place - 1 if place is not None else 61 + ranks.index(None)] = 1.0
    for number in range(ranks.count(None)):
        relevance[61 + number] = 1.0
    order = [float(-place) for place in range(len(relevance))]
    relevance[61:] = [1.0] * ranks.count(None) + [0.0] * (len(relevance) - 61 - ranks.count(None))
    assert values["ndcg"] == pytest.approx(ndcg_score([relevance], [order], k=k))
