"""Runs a memory system on conversations, and records every outcome."""

from .api import run

__all__ = ["run"]
