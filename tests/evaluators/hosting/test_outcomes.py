"""Whatever a system returns: a prediction that every file can hold, or a sentence with a field."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from locomo_vqa.evaluators.hosting.outcomes import MAX_HITS, prediction_of
from locomo_vqa.runs import Hit, Usage, prediction_from_row, read_run
from locomo_vqa.schemas import validate
from locomo_vqa.system import Answer
from tests.evaluators.recording import harness, recorder

HUGE = 10**5000


def hit(**fields: Any) -> Answer:
    return Answer(text="x", retrieved=(Hit(**{"text": "a turn", **fields}),))


def usage(value: Any) -> Answer:
    return Answer(text="x", usage=Usage(input_tokens=value))


def sure(value: Any) -> Answer:
    return Answer(text="x", confidence=value)


def endless() -> Iterator[Hit]:
    while True:
        yield Hit(text="again")


MENDED: dict[str, tuple[Any, str, Any]] = {
    "a text of numpy": (np.str_("red"), "prediction", "red"),
    "a whole number": (hit(score=3), "score", 3.0),
    "a float of numpy": (hit(score=np.float32(0.5)), "score", 0.5),
    "an integer of numpy": (hit(score=np.int64(7)), "score", 7.0),
    "an array of one": (hit(score=np.array(0.25)), "score", 0.25),
    "no number": (hit(score=math.nan), "score", None),
    "infinity": (hit(score=-math.inf), "score", None),
    "more than a float holds": (hit(score=HUGE), "score", None),
    "a surrogate in a passage": (hit(text="x\ud800"), "text", "x\ufffd"),
    "a surrogate in a turn": (hit(turn="D1:\udc00"), "turn", "D1:\ufffd"),
    "several turns": (hit(turns=("D1:1", "D1:\ud800")), "turns", ["D1:1", "D1:\ufffd"]),
    "turns one by one": (hit(turns=iter(["D1:1"])), "turns", ["D1:1"]),
    "a session of numpy": (hit(sessions=[np.int64(3)]), "sessions", [3]),
    "tokens of numpy": (usage(np.int64(3)), "input_tokens", 3),
    "whole tokens as a float": (usage(2.0), "input_tokens", 2),
    "a part of a token": (usage(1.5), "input_tokens", None),
    "fewer than no tokens": (usage(-1), "input_tokens", None),
    "tokens that are no number": (usage(math.nan), "input_tokens", None),
    "more tokens than there are": (usage(HUGE), "input_tokens", None),
    "no list of passages": (Answer(text="x", retrieved=None), "retrieved", []),  # type: ignore[arg-type]
    "passages in a list": (Answer(text="x", retrieved=[Hit(text="t")]), "text", "t"),  # type: ignore[arg-type]
    "passages one by one": (Answer(text="x", retrieved=iter([Hit(text="t")])), "text", "t"),  # type: ignore[arg-type]
    "a confidence of numpy": (sure(np.float32(0.25)), "confidence", 0.25),
    "a whole confidence": (sure(1), "confidence", 1.0),
    "a confidence with a rounding error": (sure(1.0000001), "confidence", 1.0),
    "a refusal of numpy": (Answer(text="no", refused=np.True_), "state", "refused"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", MENDED)
def test_what_can_be_mended_is_plain(name: str) -> None:
    returned, field, expected = MENDED[name]
    row = prediction_of("q", returned).to_row()
    plain = json.loads(json.dumps(row, allow_nan=False))
    validate(plain, "prediction", path=Path("row"), remedy="")
    inner = {**plain, **(plain["usage"] or {}), **(plain["retrieved"] or [{}])[0]}
    assert inner[field] == expected
    assert type(inner[field]) is type(expected)


REFUSED: dict[str, tuple[Any, str]] = {
    "a score as text": (hit(score="1"), r"retrieved\[0\]\.score is of type str, not a number"),
    "a list as score": (hit(score=[1]), r"retrieved\[0\]\.score is of type list"),
    "two scores": (hit(score=np.array([1, 2])), r"retrieved\[0\]\.score is of type ndarray"),
    "a turn's number": (hit(turn=5), r"retrieved\[0\]\.turn is of type int, not a string"),
    "turns as text": (hit(turns="D1:1"), r"retrieved\[0\]\.turns is of type str, not a list"),
    "numbers of turns": (hit(turns=[5]), r"retrieved\[0\]\.turns\[0\] is of type int"),
    "no session": (hit(sessions=[0]), r"retrieved\[0\]\.sessions\[0\] must be the number"),
    "a session of yes": (hit(sessions=[True]), r"retrieved\[0\]\.sessions\[0\] must be"),
    "a passage of bytes": (hit(text=b"x"), r"retrieved\[0\]\.text is of type bytes"),
    "tokens as text": (usage("12"), "usage.input_tokens is of type str, not a number"),
    "usage": (Answer(text="x", usage=7), "usage is of type int, not a Usage"),  # type: ignore[arg-type]
    "one passage": (Answer(text="x", retrieved="t"), "retrieved is of type str"),  # type: ignore[arg-type]
    "a number of passages": (Answer(text="x", retrieved=3), "retrieved is of type int"),  # type: ignore[arg-type]
    "passages as text": (Answer(text="x", retrieved=("t",)), r"retrieved\[0\] is of type str"),  # type: ignore[arg-type]
    "endless passages": (Answer(text="x", retrieved=endless()), f"more than {MAX_HITS:,}"),  # type: ignore[arg-type]
    "refused as text": (Answer(text="x", refused="no"), "refused is of type str"),  # type: ignore[arg-type]
    "a percentage as confidence": (sure(95), "confidence must be from 0 to 1, not 95"),
    "a negative confidence": (sure(-0.5), "confidence must be from 0 to 1, not -0.5"),
    "a confidence as text": (sure("high"), "confidence is of type str, not a number"),
    "no text": (Answer(text=None), "the answer's text is of type NoneType"),  # type: ignore[arg-type]
    "a number": (7, "answered with int"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_mended_is_named(name: str) -> None:
    returned, message = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=message):
        prediction_of("q", returned)


def test_a_run_of_odd_answers_can_be_read_again(tmp_path: Path) -> None:
    odd = [returned for returned, *_ in (*MENDED.values(), *REFUSED.values())]
    given = iter(
        value for value in odd if not isinstance(getattr(value, "retrieved", ()), Iterator)
    )

    def answer(self: Any, question: str, *, now: Any) -> Any:
        return next(given, "enough")

    run = harness(recorder(answer=answer), tmp_path / "run")
    done = run.run()
    assert {p.state for p in done.predictions} == {"ok", "refused", "error"}
    assert read_run(tmp_path / "run").predictions == done.predictions
    assert run.run().predictions == done.predictions


def test_a_passage_of_several_turns_is_read_as_it_was_written() -> None:
    """A list that a passage lacks is not written: older files stay unchanged."""
    hits = (Hit(text="a", turn="D1:2", turns=("D1:1", "D1:2")), Hit(text="b", sessions=(3,)))
    written = prediction_of("q", Answer(text="x", retrieved=hits)).to_row()
    assert [sorted(row) for row in written["retrieved"]] == [
        ["score", "text", "turn", "turns"],
        ["score", "sessions", "text", "turn"],
    ]
    assert prediction_from_row(json.loads(json.dumps(written))).retrieved == hits
