"""Every schema is a valid one, is named, and is shipped; a violation names its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from locomo_vqa import schemas
from locomo_vqa.errors import InputError
from locomo_vqa.schemas import SCHEMAS, load_schema, validate


def test_the_names_are_those_of_the_files() -> None:
    folder = Path(schemas.__file__).parent
    files = sorted(path.name.removesuffix(".schema.json") for path in folder.glob("*.json"))
    assert files == sorted(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid(name: str) -> None:
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["title"]


def test_a_violation_names_file_place_and_remedy() -> None:
    row = {"question_id": "q", "prediction": 7, "state": "ok"}
    with pytest.raises(InputError) as caught:
        validate(row, "prediction", path=Path("p.jsonl"), place="line 3", remedy="Fix it.")
    assert caught.value.message == "p.jsonl: line 3, prediction: 7 is not of type 'string', 'null'."
    assert caught.value.remedy == "Fix it."


CALL = {
    **{"time": "2026-01-01T00:00:00.000+00:00", "conversation": "c", "stage": "llm"},
    **{"method": "POST", "path": "/v1/chat/completions", "provider": "h", "model": "m"},
    **{"status": 200, "outcome": "ok", "stream": False, "replayed": False, "counted": "usage"},
    **{"input_tokens": 1, "cached_tokens": None, "output_tokens": 1, "latency_ms": 1.5},
    **{"first_byte_ms": None, "request_bytes": 1, "reply_bytes": 1},
}


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("input_tokens", -1, "-1 is less than the minimum of 0"),
        ("status", -200, "-200 is less than the minimum of 0"),
        ("output_tokens", 10**20, "the number 10000000000000000000 is too large"),
        ("reply_bytes", 1e300, "the number 1e\\+300 is too large"),
        ("latency_ms", 1e200, "the number 1e\\+200 is too large"),
        ("latency_ms", -0.5, "-0.5 is less than the minimum of 0"),
    ],
)
def test_negative_and_absurd_numbers_are_refused(field: str, value: float, problem: str) -> None:
    validate(CALL, "call", path=Path("f"), remedy="r")
    with pytest.raises(InputError, match=problem):
        validate({**CALL, field: value}, "call", path=Path("f"), remedy="r")


def test_a_value_with_a_million_mistakes_is_refused_by_one() -> None:
    row = {"question_id": "q", "prediction": None, "state": "ok", "retrieved": [1] * 1_000_000}
    with pytest.raises(InputError) as caught:
        validate(row, "prediction", path=Path("f"), remedy="r")
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("name", ["run", "recipe", "benchmark", "board"])
def test_a_newer_format_says_upgrade(name: str) -> None:
    """A later version may have other keys too; the reader need not correct these."""
    later = {"schema_version": 7, "anything": "else"}
    with pytest.raises(InputError) as caught:
        validate(later, name, path=Path("a.json"), remedy="Fix it.")
    assert caught.value.message == (
        "a.json: was written by a newer version of locomo-vqa: its format is 7, and this version "
        "reads 1."
    )
    assert caught.value.remedy == "Upgrade locomo-vqa."


@pytest.mark.parametrize("version", [0, True, "7", None, 1.5])
def test_a_version_that_is_not_newer_is_an_ordinary_violation(version: object) -> None:
    with pytest.raises(InputError) as caught:
        validate({"schema_version": version}, "run", path=Path("a.json"), remedy="Fix it.")
    assert caught.value.remedy == "Fix it."
