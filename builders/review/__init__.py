"""The review of generated questions by a person: decisions in a file, made in the browser."""

from __future__ import annotations

from .decisions import Decision, Verdict, apply_decisions, read_decisions

__all__ = ["Decision", "Verdict", "apply_decisions", "read_decisions"]
