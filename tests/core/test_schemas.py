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
