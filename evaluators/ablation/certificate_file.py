"""certificate.json: a certificate with everything that it is computed from.

It has the raw answers of its three runs, their run.json, and the secret of the coins, so that
anybody with the benchmark can compute the verdict again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from locomo_vqa.benchmark import Benchmark, VisualQuestion
from locomo_vqa.errors import InputError
from locomo_vqa.run_seal import is_unchanged
from locomo_vqa.runs import Prediction, Run, VisualMode, answers_sha256, visual_handling
from locomo_vqa.text import counted

from ..running.crossing import commitment_of
from .certificate import Certificate, certify
from .pairing import paired_answers

__all__ = ["CERTIFICATE_FILE", "certificate_document", "recompute", "runs_of"]

CERTIFICATE_FILE = "certificate.json"
"""The name of the file, which is next to ablation.json."""

_ROLES = ("first", "second", "caption")
_SAME = ("system", "answerer", "options", "environment", "top_k", "limit", "dataset", "sandbox")
"""The entries of run.json that the three runs have in common."""
_REMEDY = "Run `ablate` again in a new folder."


def runs_of(first: Run, second: Run, caption: Run) -> dict[str, Any]:
    """Return three runs of one way of asking in the form of certificate.json."""
    runs = dict(zip(_ROLES, (first, second, caption), strict=True))
    return {
        "visual_handling": visual_handling(first.info),
        "runs": {
            role: {
                "run": run.info,
                "answers": [[p.question_id, p.state, p.prediction] for p in run.predictions],
            }
            for role, run in runs.items()
        },
    }


def certificate_document(secret: str, asked: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the content of certificate.json, from what `runs_of` returned."""
    return {
        "schema_version": 1,
        "kind": "certificate",
        "secret": secret,
        "asked": list(asked),
    }


def recompute(document: Mapping[str, Any], benchmark: Benchmark) -> tuple[Certificate, ...]:
    """Compute the certificates of a certificate.json from its answers.

    `document` and the run.json in it match their schemas.

    Raises:
        InputError: it contradicts itself, or is about another benchmark.
    """
    asked = document["asked"]
    if len({each["visual_handling"] for each in asked}) < len(asked):
        raise InputError(f"{CERTIFICATE_FILE}: has a way of asking twice.", _REMEDY)
    return tuple(_recompute(document["secret"], each, benchmark) for each in asked)


def _recompute(secret: str, asked: Mapping[str, Any], benchmark: Benchmark) -> Certificate:
    visual: VisualMode = asked["visual_handling"]
    runs = {role: asked["runs"][role]["run"] for role in _ROLES}
    answers = {role: _predictions(asked["runs"][role]["answers"]) for role in _ROLES}
    for problem in _problems(runs, answers, secret=secret, visual=visual):
        raise InputError(f"{CERTIFICATE_FILE}: {problem}.", _REMEDY)
    dataset = runs["first"]["dataset"]
    if dataset["revision"] != benchmark.revision:
        raise InputError(
            f"{CERTIFICATE_FILE}: is about another revision of the data set "
            f"({dataset['revision'][:12]}, not {benchmark.revision[:12]}).",
            _REMEDY,
        )
    questions = _of_split(benchmark, dataset["split"])
    if not questions:
        raise InputError(f"{CERTIFICATE_FILE}: its split has no visual questions.", _REMEDY)
    for role in _ROLES:
        for problem in _counting_problems(runs[role], answers[role], questions, benchmark):
            raise InputError(f"{CERTIFICATE_FILE}: the run {role!r} {problem}.", _REMEDY)
    paired = paired_answers(
        questions,
        (answers["first"], answers["second"]),
        answers["caption"],
        visual=visual,
        secret=secret,
    )
    return certify(paired, visual=visual)


def _of_split(benchmark: Benchmark, split: str) -> list[VisualQuestion]:
    return [q for q in benchmark.visual_questions if split in ("all", q.split)]


def _predictions(rows: Sequence[Sequence[Any]]) -> tuple[Prediction, ...]:
    return tuple(
        Prediction(question_id=question, state=state, prediction=answer)
        for question, state, answer in rows
    )


def _problems(
    runs: Mapping[str, Mapping[str, Any]],
    answers: Mapping[str, Sequence[Prediction]],
    *,
    secret: str,
    visual: VisualMode,
) -> Iterator[str]:
    for role, run in runs.items():
        for problem in _problems_of(run, answers[role]):
            yield f"the run {role!r} {problem}"
        if visual_handling(run) != visual:
            yield f"the run {role!r} did not ask for visual questions as {visual}"
        for name in _SAME:
            if run.get(name) != runs["first"].get(name):
                yield f"the run {role!r} has another {name} than the first"
    for part, role in enumerate(_ROLES[:2], 1):
        wanted = {"part": part, "commitment": commitment_of(secret)}
        if runs[role]["image_handling"] != "crossed" or runs[role].get("certificate") != wanted:
            yield f"the secret is not that of the run {role!r}"
        attempts = (runs[role].get("record") or {}).get("attempts") or []
        if any(each.get("retry_failed") for each in attempts):
            yield f"the run {role!r} has questions that were asked again, with known coins"
    if runs["caption"]["image_handling"] != "caption":
        yield "the run 'caption' did not show captions"


def _problems_of(run: Mapping[str, Any], answers: Sequence[Prediction]) -> Iterator[str]:
    if "seal" not in run or not is_unchanged(run):
        yield "was changed: its seal does not match"
    if run.get("answers_sha256") != answers_sha256(answers):
        yield "has other answers than its run.json says: their hash does not match"
    if len({each.question_id for each in answers}) < len(answers):
        yield "has two answers to a question"
    if run.get("limit") is not None:
        yield "is a trial"


def _counting_problems(
    run: Mapping[str, Any],
    answers: Sequence[Prediction],
    questions: Sequence[VisualQuestion],
    benchmark: Benchmark,
) -> Iterator[str]:
    """Yield whether an answer is missing, or is to a question that wasn't asked."""
    given, wanted = {each.question_id for each in answers}, {each.id for each in questions}
    texts = {question.id for question in benchmark.text_questions}
    if missing := len(wanted - given):
        yield f"lacks answers to {counted(missing, 'question')}"
    if other := len(given - wanted - texts):
        yield f"answers {counted(other, 'question')} that its split doesn't have"
    if (run["counts"] or {}).get("total") != len(given):
        yield "has another number of answers than its run.json says"
