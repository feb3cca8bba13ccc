"""Files that go by our ids: what is unknown, twice, null or a number is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.prediction_files import read_prediction_file
from tests.evaluators.prediction_files.conftest import Write

GOOD = ("conv-2/t/1", "not mentioned")
BAD: dict[str, tuple[list[tuple[str, Any]], str]] = {
    "an unknown id": ([GOOD, ("conv-2/t/99", "x")], "no question “conv-2/t/99”"),
    "an id twice": ([GOOD, GOOD], "conv-2/t/1 (is answered twice|already has a row)"),
    "null": ([GOOD, ("conv-1/t/0", None)], "null"),
    "a number": ([GOOD, ("conv-1/t/0", 7)], "number|7 is not of type"),
    "NaN": ([GOOD, ("conv-1/t/0", float("nan"))], "null or NaN|NaN is not finite"),
    "a number of 4,200 digits": ([GOOD, ("conv-1/t/0", 10**4199)], "number|is not of type"),
    "an id that is a number": (
        [GOOD, (7, "x")],
        "the question's id is .* not a string|7 is not of",
    ),  # type: ignore[list-item]
    "a list": ([GOOD, ("conv-1/t/0", ["x"])], "must be a string, not a list|is not of type"),
    "ten megabytes": ([GOOD, ("conv-1/t/0", "x" * 10_000_000)], "10,000,000 characters"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("ours", [True, False])
def test_nothing_is_guessed(benchmark: Benchmark, write: Write, name: str, ours: bool) -> None:
    rows, message = BAD[name]
    written = [
        {"question_id": question, "prediction": answer, "state": "ok"}
        if ours
        else {"question_id": question, "hypothesis": answer}
        for question, answer in rows
    ]
    path = write(written, lines=True)
    with pytest.raises(InputError, match=message) as caught:
        read_prediction_file(path, benchmark)
    place = "conv-|line 2"
    assert str(path) in caught.value.message
    assert any(part in caught.value.message for part in place.split("|"))
    assert caught.value.remedy
