"""What takes the part of the paper's models, experts and judge where embedded models answer."""

from __future__ import annotations

from collections.abc import Sequence

from ..judging.rules import RULES
from .row_plan import RowPlan
from .words import rows_in_words

__all__ = ["has_stand_in", "stand_ins_of"]


def has_stand_in(plan: RowPlan) -> bool:
    """Return whether an embedded model takes part in a row."""
    return any(choice.is_embedded for choice in plan.models)


def stand_ins_of(plans: Sequence[RowPlan]) -> list[str]:
    """Return what takes the part of the paper's, in sentences; none without embedded models."""
    embedded = [plan for plan in plans if has_stand_in(plan)]
    if not embedded:
        return []
    subject = "Embedded models take"
    if len(embedded) < len(plans):
        rows = rows_in_words([plan.row.number for plan in embedded])
        subject = f"In {rows.lower()}, embedded models take"
    found = [
        f"{subject} the part of the paper's: the figures show that the table can be filled, and "
        "say nothing about the paper's models.",
        f"They run with their own defaults ({', '.join(_defaults(embedded))}).",
    ]
    if any(plan.row.teacher is not None and plan.models[0].is_stand_in for plan in embedded):
        found.append(
            "Experts are those that come with `embedded:student`, and none is trained; name a "
            "student in `models` to have its experts trained."
        )
    if any("vision_target" in step.arguments for plan in embedded for step in plan.steps):
        found.append("Vision experts that are trained learn the answer without its reason.")
    measured = _measures(embedded)
    return [*found, f"{', and '.join(measured)}."] if measured else found


def _defaults(plans: Sequence[RowPlan]) -> list[str]:
    """Return the defaults of embedded models that no setting of the caller replaces."""
    given = {
        name
        for plan in plans
        for step in plan.steps
        if step.call == "run"
        for name in step.arguments["options"]
    }
    found = ["one store without times", "10 memories an answer", "8 an update"]
    found += [] if "embedder" in given else ["the embedder `lexical`"]
    return found + ([] if "prompts" in given else ["reduced prompts"])


def _measures(plans: Sequence[RowPlan]) -> list[str]:
    scored = [plan for plan in plans if "l" in plan.row.values]
    found = []
    if any(plan.l_preset == "minilm" for plan in scored):
        found.append("L has the BERTScore of the preset `minilm`")
    if any(plan.judge == RULES for plan in scored):
        found.append("J has the verdicts of rules")
    return found
