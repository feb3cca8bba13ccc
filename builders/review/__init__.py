"""The review of generated questions by a person: decisions in a file, made in the browser."""

from __future__ import annotations

from .decisions import Decision, ReviewChoice, Reviewed, about_of, apply_decisions, read_decisions

__all__ = ["Decision", "ReviewChoice", "Reviewed", "about_of", "apply_decisions", "read_decisions"]
