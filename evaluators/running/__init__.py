"""Runs a memory system over conversations, and keeps every outcome."""

from .api import run

__all__ = ["run"]
