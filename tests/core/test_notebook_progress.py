"""Bars are shown below a notebook cell, without a word about widgets."""

from __future__ import annotations

from typing import Any

import pytest

CELL = """
from locomo_vqa.progress import progress_bars

with progress_bars() as show:
    for done in range(4):
        show("questions", done, 3)
"""


@pytest.mark.slow
def test_a_cell_shows_bars() -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs: list[Any] = notebook.cells[0].outputs
    (shown,) = outputs
    html = shown["data"]["text/html"]
    assert "questions" in html
    assert "3/3" in html
    assert "ipywidgets" not in str(outputs)
