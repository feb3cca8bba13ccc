"""A bad file gets one sentence and a remedy, and nothing else ever escapes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.prediction_files import read_prediction_file
from tests.torture.profile import few_examples

Write = Callable[..., Path]

ROW = {"question": "Who repaired the clock?", "response": "Eve"}
OURS = {"question_id": "conv-3/t/0", "prediction": "Eve", "state": "ok"}
GOOD = json.dumps({"conv-3": [ROW, ROW]})

BAD = {
    "": "is empty",
    " \n\n": "is empty",
    "Eve": "is not valid JSON at line 1, column 1",
    GOOD[:-10]: "it looks cut off there",
    json.dumps(ROW) + "\n" + json.dumps(ROW)[:-5]: "is not valid JSON at line 2",
    json.dumps(ROW) + "\n[]\n7": "a row must be a JSON object, not a number",
    "[": "it looks cut off there",
    "[" * 100_000: "can't be parsed as JSON",
    '{"a": ' * 50 + "1" + "}" * 50: "has no rows",
    "[]": "has no rows",
    "{}": "has no rows",
    '{"0": []}': "has no rows",
    "null": "a row must be a JSON object, not null",
    "12": "a row must be a JSON object, not a number",
    '"text"': "a row must be a JSON object, not a string",
    '["text"]': r"\[0\]: a row must be a JSON object, not a string",
    '{"0": [[1]]}': r"0\[0\]\[0\]: a row must be a JSON object, not a number",
    '{"0": [null]}': r"0\[0\]: a row must be a JSON object, not null",
    '[{"a": 1}]': "has no predictions: the rows' keys are a",
    '[{"question": "Who repaired the clock?"}]': "has no predictions",
    '[{"question": "Who is Zoe?", "response": "?"}]': r"“Who is Zoe\?”, the benchmark “When did",
    '[{"question": "\\u001b[31m?", "response": "?"}]': r"“\\x1b\[31m\?”",
    '[{"question_id": "q_7", "hypothesis": "?"}]': "no question “q_7”; its ids .* “conv-1/t/0”",
    json.dumps(
        {**OURS, "question_id": "26-1"}
    ): "no question “26-1”; its ids look like “conv-1/t/0”",
    json.dumps({**OURS, "state": "fine"}): "line 1, state: 'fine' is not one of",
    json.dumps(OURS) + "\n" + json.dumps(OURS): "line 2: the question conv-3/t/0 already has a row",
}


@pytest.mark.parametrize(("text", "reason"), BAD.items(), ids=range(len(BAD)))
def test_bad_files(benchmark: Benchmark, write: Write, text: str, reason: str) -> None:
    path = write(None, text=text)
    with pytest.raises(InputError, match=reason) as caught:
        read_prediction_file(path, benchmark)
    assert str(path) in caught.value.message
    assert len(str(caught.value)) < len(str(path)) + 500
    assert caught.value.remedy.endswith(".")


@pytest.mark.parametrize("damage", [slice(0, -9), slice(0, 30), slice(0, 3)])
def test_a_damaged_archive(benchmark: Benchmark, write: Write, damage: slice) -> None:
    path = write([])
    path.write_bytes(gzip.compress(GOOD.encode() * 9)[damage])
    with pytest.raises(InputError, match="compressed with gzip and damaged"):
        read_prediction_file(path, benchmark)


@pytest.mark.slow
def test_an_archive_larger_than_a_file_may_be(benchmark: Benchmark, write: Write) -> None:
    path = write([])
    path.write_bytes(gzip.compress(b" " * (257 << 20), compresslevel=1))
    assert path.stat().st_size < 2 << 20
    with pytest.raises(InputError, match="larger than 256 MiB"):
        read_prediction_file(path, benchmark)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"a":"\xe9"}', "is not UTF-8 text"),
        (b"\xff\xfe[\x00]\x00", "UTF-16"),
        (b"[\x00]\x00\n\x00 \x00", "UTF-16"),
        (b"PK\x03\x04\x80", "a zip archive"),
        (b"PAR1\x15\x04\x15", "a Parquet table"),
        (b"<!DOCTYPE html>\n<html><body></body></html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n", "Git LFS"),
        (b'question,response\n"Where was the picnic?",the park\n', "a CSV table"),
        (b"question\tresponse\nWhere was the picnic?\tthe park\n", "a CSV table"),
    ],
)
def test_a_file_of_another_kind_is_named(
    benchmark: Benchmark, write: Write, content: bytes, kind: str
) -> None:
    path = write([])
    path.write_bytes(content)
    with pytest.raises(InputError, match=kind):
        read_prediction_file(path, benchmark)


def test_a_path_that_is_no_file(benchmark: Benchmark, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_prediction_file(tmp_path / "none.json", benchmark)
    with pytest.raises(InputError, match="is a folder"):
        read_prediction_file(tmp_path, benchmark)


def test_a_benchmark_without_questions(benchmark: Benchmark, write: Write) -> None:
    nothing = replace(benchmark, text_questions=(), visual_questions=())
    with pytest.raises(InputError, match="the benchmark has no questions"):
        read_prediction_file(write([ROW]), nothing)


def test_names_of_any_length_are_cut_in_messages(benchmark: Benchmark, write: Write) -> None:
    path = write([{"x" * 100_000: 1}])
    with pytest.raises(InputError) as caught:
        read_prediction_file(path, benchmark)
    assert len(str(caught.value)) < 500


_WORDS = st.sampled_from(
    ["Who repaired the clock?", "What is the dog called?", "conv-3", "conv-3/t/0", "0", "", "x"]
)
_ROW_NAMES = ["question", "question_id", "response", "answer", "golden_answer", "category", "index"]
_OTHER_NAMES = ["sample_id", "hypothesis", "state", "meta", "qa", "results", "by_type", "0"]
_FOREIGN_NAMES = ["cutoff_results", "top_50", "responses", "judgment", "score", "columns", "data"]
_NAMES = st.sampled_from([*_ROW_NAMES, *_OTHER_NAMES, *_FOREIGN_NAMES, "detailed_results"])
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=12,
)


@pytest.mark.slow
@settings(few_examples, max_examples=300)
@given(
    value=_VALUES,
    lines=st.booleans(),
    key=st.none() | _NAMES | st.sampled_from(["0.response", "top_50.answer"]),
    question_key=st.none() | _NAMES,
    cutoff=st.none() | st.just("50"),
)
def test_nothing_but_input_errors(
    benchmark: Benchmark,
    write: Write,
    value: Any,
    lines: bool,
    key: str | None,
    question_key: str | None,
    cutoff: str | None,
) -> None:
    path = write([value, value] if lines else value, lines=lines)
    try:
        file = read_prediction_file(
            path, benchmark, prediction_key=key, question_key=question_key, cutoff=cutoff
        )
    except InputError:
        return
    ids = [prediction.question_id for prediction in file.predictions]
    assert ids and len(ids) == len(set(ids))
