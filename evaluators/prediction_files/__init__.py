"""Reads predictions files of other harnesses, in their various layouts.

reader.py     a file, or several that belong together, joined with a benchmark
document.py   JSON, JSON Lines and gzip; walking.py, columns.py, cutoffs.py: the rows in them
answer_keys.py which key is the answer (`keys.py` has the known names); rows.py: a row's content
join.py       rows to questions: by text (`groups.py`, `spelling.py`), by number (`positions.py`),
              and where words were changed (`changed.py`)
verdicts.py   the verdicts that a file carries; reported.py: as reported J
"""

from __future__ import annotations

from .layouts import FILE_LAYOUTS, LAYOUT_MEANINGS, FileLayout
from .parts import ReadOptions
from .reader import OwnMean, PredictionFile, read_prediction_file, read_prediction_files
from .several import files_in

__all__ = [
    "FILE_LAYOUTS",
    "LAYOUT_MEANINGS",
    "FileLayout",
    "OwnMean",
    "PredictionFile",
    "ReadOptions",
    "files_in",
    "read_prediction_file",
    "read_prediction_files",
]
