"""Reads predictions files of other harnesses, in their various layouts."""

from __future__ import annotations

from .layouts import FILE_LAYOUTS, FileLayout
from .reader import PredictionFile, read_prediction_file

__all__ = ["FILE_LAYOUTS", "FileLayout", "PredictionFile", "read_prediction_file"]
