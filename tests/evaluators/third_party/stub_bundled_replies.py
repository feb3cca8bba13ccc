"""The stub's replies to the prompts of the bundled systems: by rules, as ever."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

_REDUCED = "Note what is worth remembering about the speakers."
_LONG = "And here is the talk:"
_NEW_FACTS = re.compile(r"^(?:New facts: |These are the new facts:\n)(\[.*\])$", re.MULTILINE)
_TODAY = re.compile(r"Today is \w+ (\d+ \w+ \d{4})\.")
_ADDED = {"id": "new", "event": "ADD"}


def bundled_reply(prompt: str, images: Sequence[str]) -> str | None:
    """Return the reply to a prompt of extraction, update or full-context; None for another.

    `images` are the colours that were seen.
    """
    if _REDUCED in prompt or _LONG in prompt:
        return json.dumps({"facts": _facts(prompt, images)})
    if "Memories now: " in prompt or "These are the new facts:" in prompt:
        facts = json.loads(_NEW_FACTS.findall(prompt)[-1])
        return json.dumps({"memory": [{**_ADDED, "text": fact} for fact in facts]})
    if "Below is everything two friends" in prompt and not images:
        return _line(prompt)
    return None


def _facts(prompt: str, images: Iterable[str]) -> list[str]:
    """Keep every line of the talk, and a fact for every image, with the day of the talk."""
    talk = prompt.rpartition(_LONG)[2] if _LONG in prompt else prompt.split("\n", 2)[2]
    day = _TODAY.findall(prompt)[-1]
    said = [line.strip() for line in talk.splitlines() if line.partition(": ")[2].strip()]
    seen = [f"A picture of a {colour} square." for colour in images]
    return [f"{fact} (on {day})" for fact in (*said, *seen)]


def _line(prompt: str) -> str:
    """Answer with the line that shares most words with the question, and the session's day."""
    before, _, question = prompt.rpartition("Question: ")
    wanted, best, day = _words(question), (0, "Nothing."), ""
    for line in before.splitlines():
        if line.startswith("Session "):
            day = line.partition(", ")[2]
        elif day and ": " in line:
            best = max(best, (len(wanted & _words(line)), f"{line} ({day})"), key=lambda b: b[0])
    return best[1]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower())) - {"answer"}
