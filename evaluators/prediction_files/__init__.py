"""Reads the prediction files that memory systems' own harnesses write, in their many layouts."""

from __future__ import annotations

from .layouts import LAYOUTS, Layout
from .reader import PredictionFile, read_prediction_file

__all__ = ["LAYOUTS", "Layout", "PredictionFile", "read_prediction_file"]
