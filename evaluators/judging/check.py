"""Measures how often a judge is wrong, on answers whose verdict is known.

The result is `judge-check.json`. The response store keeps the replies, so checking the same judge
again, with the same prompt and benchmark, makes no requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import canonical_json, read_json, sha256_text
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.schemas import validate

from .cases import KINDS, CaseKind, CheckCase, Expected, expected_verdict, make_cases
from .judge import Judgement, total_usage
from .rates import Rate, rate_of
from .rubrics import RubricName
from .session import JudgeSession, judge_all

__all__ = ["measure_judge", "need_fitting", "read_check"]

_REMEDY = "Measure the judge again with `locomo-vqa judge-check`."


async def measure_judge(
    session: JudgeSession, benchmark: Benchmark, *, n: int, progress: ProgressCallback
) -> dict[str, Any]:
    """Ask a judge about `n` cases of each kind, and return the content of judge-check.json."""
    rubric = session.judge.rubric
    cases = make_cases(benchmark, rubric, n=n)
    items = [case.item for case in cases]
    judgements = await judge_all(session, items, step="checking the judge", progress=progress)
    usage = total_usage(judgement.usage for judgement in judgements)
    pairs = list(zip(cases, judgements, strict=True))
    return {
        "schema_version": 1,
        "kind": "judge_check",
        "judge": {
            "name": session.name,
            "identity": dict(session.identity),
            "signature": session.judge.signature,
        },
        "rubric": rubric,
        "prompt_sha256": session.judge.prompt_sha256,
        "dataset": {"id": benchmark.name, "revision": benchmark.revision},
        "n": n,
        "cases": {"number": len(cases), "sha256": _hash(cases)},
        "kinds": _by_kind(pairs, rubric),
        "false_accept": asdict(
            _error_rate([pair for pair in pairs if pair[0].expected == "wrong"])
        ),
        "false_reject": asdict(
            _error_rate([pair for pair in pairs if pair[0].expected == "correct"])
        ),
        "tokens": asdict(usage),
        "misjudged": [_misjudged_to_json(*pair) for pair in pairs if _is_error(*pair) is not False],
    }


def read_check(path: Path) -> dict[str, Any]:
    """Read a judge-check.json.

    Raises:
        InputError: the file is not a judge-check.json.
    """
    document: dict[str, Any] = read_json(path, what="the judge's check")
    validate(document, "judge_check", path=path, remedy=_REMEDY)
    return document


def _fits_session(document: Mapping[str, Any], session: JudgeSession, benchmark: Benchmark) -> bool:
    """Return whether a check was made with this judge, rubric, prompt, and benchmark."""
    rubric = session.judge.rubric
    checked = (
        *(document["judge"]["identity"], document["rubric"]),
        *(document["prompt_sha256"], document["dataset"]["revision"]),
    )
    prompt = session.judge.prompt_sha256
    return checked == (dict(session.identity), rubric, prompt, benchmark.revision)


def need_fitting(
    documents: Mapping[Path, Mapping[str, Any]], session: JudgeSession, benchmark: Benchmark
) -> Mapping[str, Any]:
    """Return the check that was made with this judge, rubric, and benchmark.

    Raises:
        InputError: no document is a check of this judge.
    """
    for document in documents.values():
        if _fits_session(document, session, benchmark):
            return document
    names = ", ".join(str(path) for path in documents)
    raise InputError(
        f"{names}: is not a check of {session.name} with the {session.judge.rubric} rubric "
        f"and this version's prompt on {benchmark.name}.",
        f"{_REMEDY} Or leave `judge_check` out; then the judge is checked here.",
    )


_Pair = tuple[CheckCase, Judgement]


def _by_kind(pairs: Sequence[_Pair], rubric: RubricName) -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = []
    for kind in KINDS:
        of_kind = [pair for pair in pairs if pair[0].kind == kind]
        expected = expected_verdict(kind, rubric)
        if of_kind and expected:
            kinds.append(_kind_to_json(kind, expected, of_kind))
    return kinds


def _kind_to_json(kind: CaseKind, expected: Expected, pairs: Sequence[_Pair]) -> dict[str, Any]:
    return {"kind": kind, "expected": expected, **asdict(_error_rate(pairs))}


def _error_rate(pairs: Sequence[_Pair]) -> Rate:
    clusters = len({case.conversation for case, _ in pairs})
    return rate_of([_is_error(*pair) for pair in pairs], clusters=clusters)


def _is_error(case: CheckCase, judgement: Judgement) -> bool | None:
    return None if judgement.state == "unscored" else judgement.state != case.expected


def _misjudged_to_json(case: CheckCase, judgement: Judgement) -> dict[str, Any]:
    return {
        "id": case.item.id,
        "kind": case.kind,
        "way": case.way,
        "question": case.item.question,
        "gold": case.item.gold,
        "answer": case.item.answer,
        "expected": case.expected,
        "state": judgement.state,
        "reason": judgement.reason,
        "reasoning": judgement.reasoning,
        "replies": list(judgement.replies),
        "error": judgement.error,
    }


def _hash(cases: Sequence[CheckCase]) -> str:
    return sha256_text(canonical_json([asdict(case.item) for case in cases]))
