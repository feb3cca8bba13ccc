"""Recognises answers that are something else: error messages, placeholders, thoughts, JSON."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["AnswerFault", "fault_of"]

AnswerFault = Literal["error", "placeholder", "thoughts", "json"]
"""What an answer is instead of an answer:

error        the text of an error, such as "Error code: 429" or a traceback
placeholder  a word for nothing, such as "None", "N/A" or "(empty)", or no word at all
thoughts     a model's thoughts or its markup, such as "<think>"
json         JSON or a block of code, from which the answer was to be taken
"""

_MOST_CHARACTERS = 2000
"""Only the beginning of an answer is looked at."""

_ERROR = re.compile(
    r"""^\W*(?:
        (?:[a-z]{1,20}_){0,3}(?:error|exception)(?:\ code)?\W{0,3}[:(\[]  # Error: …, x_error: …
        | (?-i:(?:\w{1,40}\.){0,5}[A-Z]\w{0,40}(?:Error|Exception))\ *[:(]  # openai.RateLimitError(
        | (?:error|exception|timeout|timed\ out|request\ failed)\W*$
        | (?:an?\ )?(?:api\ |internal\ |server\ |unexpected\ )?error\ (?:occurred|while|during
            | calling|generating|processing|from\ the|\d{3})
        | (?:the\ )?(?:request|connection|operation|call|model)\ timed\ out
        | failed\ to\ (?:generate|produce|get|parse|call|fetch|retrieve)\ (?:an?\ |the\ )?
            (?:answer|response|reply|completion|output|model|llm|api|json|memor)
        | http\ (?:error\ |status\ )?[45]\d\d
        | [45]\d\d\ (?:client\ error|server\ error|too\ many\ requests|internal\ server
            | bad\ gateway|service\ unavailable|unauthorized|forbidden)
    )
    | traceback\ \(most\ recent\ call\ last\)
    | \berror\ code:\ [45]\d\d\b
    | \brate\ limit\ (?:was\ )?(?:reached|exceeded|hit)\b
    | \bmax\ retries\ exceeded\b""",
    re.IGNORECASE | re.VERBOSE,
)

_PLACEHOLDERS = frozenset(
    (
        *("none", "null", "nil", "nan", "na", "n a", "undefined", "empty", "blank", "missing"),
        *("no answer", "no response", "no reply", "no output", "not applicable", "placeholder"),
        *("todo", "tbd", "answer", "your answer", "your answer here", "string"),
    )
)

_THOUGHTS = re.compile(
    r"""</?(?:think|thinking|thought|thoughts|reasoning|scratchpad|reflection|tool_call)>
    | \[/?think\] | <\|[a-z_]{1,30}\|>
    | ^\W*(?:okay|ok|alright|hmm|well)\W+(?:so\W+)?(?:let\ me\ (?:think|see|look|check|go|start)
        | let's\ (?:think|see|look) | the\ user\ (?:is|asks|wants))
    | ^\W*the\ user\ (?:is\ asking|asks|asked|wants)
    | ^\W*(?:thought|reasoning)\ *:""",
    re.IGNORECASE | re.VERBOSE,
)

_JSON = re.compile(r"""^(?:```|\{\s*["'][^"'\n]{1,60}["']\s*:|\[\s*[{"'])""")


def fault_of(answer: str) -> AnswerFault | None:
    """Return what an answer is instead of an answer; None if nothing speaks against it."""
    text = answer[:_MOST_CHARACTERS].strip()
    if _ERROR.search(text):
        return "error"
    if " ".join(re.findall(r"\w+", text.lower())) in _PLACEHOLDERS or not re.search(r"\w", text):
        return "placeholder"
    if _THOUGHTS.search(text):
        return "thoughts"
    return "json" if _JSON.match(text) else None
