"""The table of every question's values is read by any reader of Parquet as it was given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from locomo_vqa.evaluators.scoring.table import write_score_table

COLUMNS: dict[str, list[Any]] = {
    "question_id": ["a", "b", "a", "é日本", "", None, "x" * 300, "b", "\0"],
    "category": [1, None, -3, 127, -128, 0, None, 5, None],
    "value": [None, 0.5, 0.0, 100.0, 1e-300, -2.5, None, 33.25, None],
    "latency_ms": [None] * 9,
    "input_tokens": [1 << 53, None, 0, 7, None, 1, 2, 3, 4],
}


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9])
def test_values_and_gaps_are_read_back(length: int, tmp_path: Path) -> None:
    columns = {name: values[:length] for name, values in COLUMNS.items()}
    write_score_table(tmp_path / "scores.parquet", columns)
    table = pq.read_table(tmp_path / "scores.parquet")
    table.validate(full=True)
    assert table.to_pydict() == columns
    found = {field.name: str(field.type) for field in table.schema}
    assert found.pop("question_id") in ("string", "dictionary<values=string, indices=int32>")
    assert found == {
        **{"category": "int8", "value": "double"},
        **{"latency_ms": "double", "input_tokens": "int64"},
    }


def test_pandas_is_not_imported(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from locomo_vqa.evaluators.scoring.table import write_score_table\n"
        "write_score_table(Path('t.parquet'), {'question_id': ['a'], 'value': [1.0]})\n"
        "assert 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
