"""What a frontier can have on its horizontal axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

__all__ = ["AXES", "COSTS", "CostAxis"]

CostAxis = Literal["tokens", "input_tokens", "price", "latency"]
"""What a frontier has on its horizontal axis:

tokens         tokens of the memory that the answering model was handed, a question
input_tokens   tokens in all prompts while questions were answered, a question
price          US dollars for all calls of the run, reading included, a question
latency        seconds until the answer, a question
"""
COSTS: tuple[CostAxis, ...] = get_args(CostAxis)

AXES: Mapping[CostAxis, str] = {
    "tokens": "tokens of memory per question",
    "input_tokens": "input tokens per question",
    "price": "US dollars per question, reading included",
    "latency": "seconds per question",
}
"""How each is called in tables and figures."""
