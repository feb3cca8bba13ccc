"""Compares the files of data that the pages of entries, comparisons and questions load."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .answers import Board, compute, of_metric
from .comparison import Comparison
from .metrics import LEFT_OUT, SCALE

__all__ = ["check_data_files"]

_CALL = re.compile(r"receive\('([^']*)','(.*)'\);\n", re.DOTALL)
_ESCAPE = re.compile(r"\\(\\|u0027)")
_CUT = 999
"""Longer answers are cut on the page."""


def _read(site: Path, name: str) -> Any:
    """Return the content of a data file: JSON in the text of a JavaScript call."""
    [path] = site.glob(f"data-*/{name}.js")
    call = _CALL.fullmatch(path.read_text(encoding="utf-8"))
    assert call is not None and call[1] == name, path
    return json.loads(_ESCAPE.sub(lambda found: "\\" if found[1] == "\\" else "'", call[2]))


def check_data_files(
    board: Board, site: Path, rows: list[dict[str, Any]], result: Comparison
) -> None:
    """Compare the values by conversation, of each question, and the answers to each question."""
    asked = _read(site, "asked")
    computed = {}
    for row in rows:
        questions, _ = compute(board, row["entry"], row["split"])
        computed[row["number"]] = questions.set_index("id")
        _check_conversations(site, row, questions, result)
        _check_values(site, row, asked, questions.set_index("id"), result)
    if list(site.glob("data-*/questions.js")):
        for number, name in enumerate(asked["questions"]):
            _check_question(site, number, name, computed, result)


def _check_conversations(
    site: Path, row: dict[str, Any], questions: pd.DataFrame, result: Comparison
) -> None:
    shown = _read(site, f"entries/{row['number']}")["by_conversation"]
    for metric, by_conversation in shown.items():
        if metric in LEFT_OUT:
            continue
        groups = of_metric(questions, metric).groupby("conversation")[metric]
        place = f"{row['entry']} {metric}"
        result.equal("conversations of a metric", place, len(by_conversation), groups.ngroups)
        for name, (value, count) in by_conversation.items():
            values = groups.get_group(name)
            result.equal("by conversation", f"{place} {name}", value, float(values.mean()))
            result.equal("n by conversation", f"{place} {name}", count, len(values))


def _check_values(
    site: Path,
    row: dict[str, Any],
    asked: dict[str, Any],
    questions: pd.DataFrame,
    result: Comparison,
) -> None:
    shown = _read(site, f"scores/{row['number']}")
    for metric, encoded in shown.items():
        if encoded is None or metric in LEFT_OUT:
            continue
        if "flags" in encoded:
            flags = encoded["flags"]
            values = [None if f == "-" else int(f) * SCALE.get(metric, 1.0) for f in flags]
        else:
            values = np.frombuffer(base64.b64decode(encoded["numbers"]), "<f4").tolist()
        for place, value in zip(asked["asked"][metric], values, strict=True):
            name = asked["questions"][place]
            found = questions[metric].get(name)
            result.equal("value for a comparison", f"{row['entry']} {metric} {name}", value, found)


def _check_question(
    site: Path, number: int, name: str, computed: dict[int, pd.DataFrame], result: Comparison
) -> None:
    shown = _read(site, f"questions/{number}")
    answers: dict[int, tuple[Any, ...]] = {}
    for text, state, _, overlap, entries in shown["answers"]:
        answers.update(dict.fromkeys(entries, (text, state, overlap)))
    for entry, questions in computed.items():
        if name not in questions.index:
            continue
        expected = questions.loc[name]
        text, state, overlap = answers[entry]
        said = expected.answer_y if isinstance(expected.answer_y, str) else None
        if said is None or len(said) <= _CUT:
            result.equal("answer on a question's page", f"{entry} {name}", text, said)
        known = expected.state if isinstance(expected.state, str) else "missing"
        result.equal("state on a question's page", f"{entry} {name}", state, known)
        if overlap is not None:
            result.equal(
                "F1 on a question's page", f"{entry} {name}", overlap, round(float(expected.f1), 3)
            )
    result.equal("gold on a question's page", name, shown["gold"], _gold(computed, name))


def _gold(computed: dict[int, pd.DataFrame], name: str) -> Any:
    found = [each.loc[name].answer_x for each in computed.values() if name in each.index]
    return found[0] if found else None
