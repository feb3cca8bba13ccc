"""A stub of a judge, served over HTTP as a model is: it knows rules, and no language.

It reads the texts out of the prompt's JSON object, and compares words and dates. It can't be
talked into anything, so it shows what reaches a judge, not how well a real one judges.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.core.models.stub_server import Answer, Stub, completion, stub_server

_EMPTY = set("a an the is was were it this that in on of by to and or they their".split())  # noqa: SIM905
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_NUMBERS = "zero one two three four five six seven eight nine ten".split()  # noqa: SIM905
_MONTH = re.compile(
    "(jan)(?:uary)?|(feb)(?:ruary)?|(mar)(?:ch)?|(apr)(?:il)?|(may)|(june?)|(july?)|(aug)(?:ust)?"
    "|(sep)(?:tember)?|(oct)(?:ober)?|(nov)(?:ember)?|(dec)(?:ember)?"
)


def fields_of(prompt: str) -> dict[str, str]:
    """Return the texts that a prompt holds: the one object that stands on lines of its own."""
    lines = prompt.split("\n")
    assert lines.count("{") == 1 and lines.count("}") == 1
    block = "\n".join(lines[lines.index("{") : lines.index("}") + 1])
    fields: dict[str, str] = json.loads(block)
    return fields


def prompt_of(request: dict[str, Any]) -> str:
    """Return the first message of a request."""
    text: str = request["messages"][0]["content"]
    return text


def is_right(fields: dict[str, str], *, strict: bool) -> bool:
    """Compare an answer with the gold answer by its words, numbers and dates."""
    gold, answer = _words(fields["gold_answer"]), _words(fields["answer"])
    if len(fields["answer"].split(";")) > 5 or {"not", "no", "wrong"} & answer - gold:
        return False
    dates = {word for word in gold if word[0].isdigit() or word.startswith("m:")}
    if strict:
        return gold <= answer and "either" not in answer
    return dates <= answer if dates else bool(gold & answer)


def judge_by_rules(request: dict[str, Any]) -> Answer:
    """Answer as a judge would."""
    if "response_format" in request and "ultramarine" in json.dumps(request["response_format"]):
        return completion(json.dumps({"zanzibar_7": "ultramarine"}))
    prompt = prompt_of(request)
    right = is_right(fields_of(prompt), strict="Be strict" in prompt)
    return verdict("CORRECT" if right else "WRONG")


def verdict(label: str) -> Answer:
    """Return a reply in the requested form."""
    return completion(json.dumps({"reasoning": "By rules.", "verdict": label}))


@contextmanager
def rule_judge(respond: Callable[[dict[str, Any]], Answer] = judge_by_rules) -> Iterator[Stub]:
    """Serve the judge on a free port until the block ends."""
    with stub_server(respond) as stub:
        yield stub


def judged_prompts(stub: Stub) -> list[str]:
    """Return the prompts that were sent, without the probe's."""
    return [text for text in map(prompt_of, stub.requests) if "gold_answer" in text]


def _words(text: str) -> set[str]:
    text = re.sub(r"(\d{4})-(\d\d)-(\d\d)", lambda m: _iso(*m.groups()), text.lower())
    found = set()
    for word in re.findall(r"[^\W_]+", text):
        if month := _MONTH.fullmatch(word):
            found.add(f"m:{month[0][:3]}")
        elif ordinal := re.fullmatch(r"(\d+)(?:st|nd|rd|th)?", word):
            found.add(str(int(ordinal[1])))
        elif word in _NUMBERS:
            found.add(str(_NUMBERS.index(word)))
        elif word not in _EMPTY:
            found.add(word)
    return found


def _iso(year: str, month: str, day: str) -> str:
    return f"{day} {_MONTHS[int(month) - 1]} {year}"
