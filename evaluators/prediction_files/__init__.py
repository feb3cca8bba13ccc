"""Reads the prediction files that memory systems' own harnesses write, in their many layouts."""

from __future__ import annotations

from .layouts import FILE_LAYOUTS, FileLayout
from .reader import PredictionFile, read_prediction_file

__all__ = ["FILE_LAYOUTS", "FileLayout", "PredictionFile", "read_prediction_file"]
