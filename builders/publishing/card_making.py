"""The part of a card about how the questions were made."""

from __future__ import annotations

from collections.abc import Sequence

from .facts import ModelFact, ProbeFact, PublishFacts, VerificationFact
from .markdown import escaped, fenced, table

__all__ = ["making_section"]

_NOT_RECORDED = "not recorded"


def making_section(facts: PublishFacts) -> str:
    """Return the section on the models, the prompt, the trial of the types, and the recipe."""
    prompt = escaped(facts.prompt_sha256) if facts.prompt_sha256 else _NOT_RECORDED
    parts = [
        "## How the visual questions were made",
        f"- Written by: {_model_line(facts.generator)}\n"
        f"- Tried by: {_model_line(facts.validator)}\n"
        f"- SHA-256 of the prompt: {prompt}",
        *_verification_parts(facts.verification),
    ]
    if facts.limit is not None:
        parts.append(
            f"**This is a trial**: questions were written about at most {facts.limit:,} images."
        )
    if facts.probe is None:
        parts.append(f"Trial of the candidate types: {_NOT_RECORDED}.")
    else:
        parts.append(
            "The candidate types were tried on some images; those that the second model got "
            "wrong most often were taken. Intervals are at 95 %."
        )
        parts.append(_probe_table(facts.probe))
        if facts.stability is not None:
            parts.append(
                f"The same types are chosen in {facts.stability:.0%} of bootstrap samples of the "
                "images."
            )
        parts += [escaped(remark) for remark in facts.remarks]
    if facts.recipe is None:
        parts.append(f"Recipe: {_NOT_RECORDED}.")
    else:
        parts += ["Recipe:", fenced(facts.recipe)]
    return "\n\n".join(parts)


def _verification_parts(fact: VerificationFact | None) -> list[str]:
    if fact is None:
        return []
    of = f"{fact.needed} of {len(fact.checks)} checks"
    if fact.needed == len(fact.checks):
        of = "all checks"
    what = (
        f"Verified by {_model_line(fact.verifier)}, with the checks {', '.join(fact.checks)} "
        f"(SHA-256 of their prompts: {escaped(fact.prompts_sha256)}). A question is agreed if it "
        f"passes {of}."
    )
    if fact.left_out is None:
        return [f"{what} All questions are published; the column `agreed` says which are."]
    return [
        f"{what} **Only agreed questions are published**, and those that a person accepted or "
        f"corrected: {fact.left_out:,} others were left out."
    ]


def _model_line(model: ModelFact | None) -> str:
    if model is None:
        return _NOT_RECORDED
    revision = escaped(model.revision) if model.revision else _NOT_RECORDED
    return f"{escaped(model.name)}, revision {revision}"


def _probe_table(probe: Sequence[ProbeFact]) -> str:
    columns = ["Type", "Taken", "Questions", "Wrong", "Error rate", "Interval", "Declined"]
    verified = any(fact.agreed_n is not None for fact in probe)
    if verified:
        columns += ["Agreed", "Wrong among agreed", "Error rate among agreed"]
    rows = [_probe_row(fact, verified=verified) for fact in probe]
    return table(columns, rows, numbers=len(columns) - 2)


def _probe_row(fact: ProbeFact, *, verified: bool) -> list[str]:
    row = [
        fact.type,
        "yes" if fact.selected else "no",
        f"{fact.n:,}",
        f"{fact.errors:,}",
        _percentage(fact.error_rate),
        _interval_cell(fact),
        _number(fact.declined),
    ]
    if verified:
        row += [_number(fact.agreed_n), _number(fact.agreed_errors), _percentage(fact.agreed_rate)]
    return row


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _interval_cell(fact: ProbeFact) -> str:
    if fact.low is None or fact.high is None:
        return "–"
    return f"{_percentage(fact.low)} to {_percentage(fact.high)}"


def _percentage(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
