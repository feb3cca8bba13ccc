"""The stage `publish`: the reviewed questions become a data set, also on the Hub if asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from locomo_vqa.benchmark import Benchmark, VisualQuestion, load_benchmark
from locomo_vqa.benchmark.write import write_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.local_paths import public_name
from locomo_vqa.models.names import hide_credentials

from ..publishing import (
    ModelFact,
    ProbeFact,
    PublishFacts,
    ReviewFact,
    VerificationFact,
    publish_and_push,
)
from ..publishing.facts import REVIEW_WORDS
from ..questions.question_types import GENERATION_PROMPT_SHA256
from ..questions.rows import QuestionRow, read_questions
from ..questions.verification import VERIFICATION_PROMPTS_SHA256
from ..recipe import BuildRecipe
from ..review.decisions import ReviewChoice, apply_decisions, read_decisions
from .agreed_rows import agreed_rows
from .base import PublishedBuild, Stage, StageContext
from .content import benchmark_content
from .models import recorded_models

__all__ = ["PUBLISH"]


def _run(context: StageContext) -> PublishedBuild:
    folder = context.folder
    benchmark = load_benchmark(folder.need(folder.split, "split"))
    reviewed = apply_decisions(
        read_questions(folder.need(folder.questions, "generate")), read_decisions(folder.review)
    )
    written = [row for row in reviewed.rows if row.state == "ok"]
    rows = written
    if context.recipe.verified:
        rows = agreed_rows(written, reviewed.decisions, folder)
    if not rows:
        raise InputError(
            f"{folder.questions}: no question is left to publish.",
            "Check why questions were dropped or rejected, then generate again.",
        )
    left_out = len(written) - len(rows) if context.recipe.verified else None
    questions = [_visual_question(row) for row in _in_benchmark_order(benchmark, rows)]
    content = benchmark_content(benchmark, visual_questions=questions)
    write_benchmark(folder.cleared(folder.finished), content)
    url = publish_and_push(
        load_benchmark(folder.finished),
        context.out,
        publish_facts(context, rows, reviewed.decisions, left_out=left_out),
        pull_request=context.pull_request,
    )
    return PublishedBuild(
        folder=context.out, set_aside=reviewed.set_aside, url=url, left_out=left_out
    )


def publish_facts(
    context: StageContext,
    rows: Sequence[QuestionRow],
    decisions: Mapping[str, ReviewChoice],
    *,
    left_out: int | None = None,
) -> PublishFacts:
    """Return the facts for the card about how the data set was made.

    `left_out` is the number of questions that were left out because they are not agreed.
    """
    folder, recipe = context.folder, context.recipe
    models = recorded_models(folder)
    selection = folder.read(folder.selection, "select")
    return PublishFacts(
        quality={row.id: asdict(row.quality) for row in rows},
        review=ReviewFact(
            published={
                row.id: REVIEW_WORDS[decisions[row.id]] for row in rows if row.id in decisions
            },
            rejected=sum(decision == "reject" for decision in decisions.values()),
        ),
        generator=_model_fact(recipe.generator, models),
        validator=_model_fact(recipe.validator, models),
        verification=_verification_fact(recipe, models, left_out),
        prompt_sha256=GENERATION_PROMPT_SHA256,
        probe=[_probe_fact(result) for result in selection["results"]],
        stability=selection["stability"],
        remarks=selection["remarks"],
        removed_images=len(folder.read(folder.removed, "split")),
        shared_images=recipe.shared_images,
        recipe=recipe.public().to_toml(),
        limit=recipe.limit,
        repository=context.push,
    )


def _verification_fact(
    recipe: BuildRecipe, models: Mapping[str, Any], left_out: int | None
) -> VerificationFact | None:
    if not recipe.verify_checks:
        return None
    return VerificationFact(
        verifier=_model_fact(recipe.verifier or recipe.generator, models),
        checks=recipe.verify_checks,
        needed=recipe.verify_needed,
        prompts_sha256=VERIFICATION_PROMPTS_SHA256,
        left_out=left_out,
    )


def _probe_fact(result: Mapping[str, Any]) -> ProbeFact:
    agreed = result.get("agreed") or {}
    names = [name for name in ProbeFact.__slots__ if not name.startswith("agreed_")]
    return ProbeFact(
        **{name: result[name] for name in names},
        agreed_n=agreed.get("n"),
        agreed_errors=agreed.get("errors"),
        agreed_rate=agreed.get("error_rate"),
    )


def _model_fact(spec: str, models: Mapping[str, Any]) -> ModelFact:
    name = hide_credentials(spec)
    found = models.get(name, {})
    return ModelFact(
        name=public_name(str(found.get("model") or name)), revision=found.get("revision")
    )


def _in_benchmark_order(benchmark: Benchmark, rows: Sequence[QuestionRow]) -> list[QuestionRow]:
    order = {
        (conversation.id, turn.id): number
        for conversation in benchmark.conversations
        for number, (_, turn) in enumerate(conversation.turns())
    }
    conversations = {c.id: number for number, c in enumerate(benchmark.conversations)}
    return sorted(
        rows, key=lambda row: (conversations[row.conversation], order[row.conversation, row.turn])
    )


def _visual_question(row: QuestionRow) -> VisualQuestion:
    assert row.question is not None and row.answer is not None
    return VisualQuestion(
        id=row.id,
        conversation=row.conversation,
        turn=row.turn,
        image=row.image,
        type=row.type,
        question=row.question,
        answer=row.answer,
        reason=row.reason or "",
        split=row.split,
    )


PUBLISH = Stage(
    name="publish",
    needs=("split", "select", "generate"),
    makes=("4-benchmark",),
    choices=("verified",),
    run=_run,
)
