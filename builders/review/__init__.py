"""The review of generated questions: a person decides in the browser, and a file keeps it."""

from __future__ import annotations

from .decisions import Decision, ReviewChoice, Reviewed, about_of, apply_decisions, read_decisions

__all__ = ["Decision", "ReviewChoice", "Reviewed", "about_of", "apply_decisions", "read_decisions"]
