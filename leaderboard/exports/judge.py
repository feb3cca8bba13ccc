"""Who judged, in the form of Every Eval Ever: J's judge and its prompt, from J's signature."""

from __future__ import annotations

import re
from typing import Any

from locomo_vqa.wings import load_by_name

__all__ = ["llm_scoring"]

_SIGNED = re.compile(
    r"j:judge=(?P<judge>[^,]+),rubric=(?P<rubric>[a-z]+),prompt=(?P<name>[^/,]+)/(?P<hash>[0-9a-f]+)"
    r",temperature=(?P<temperature>[0-9.]+)"
)


def llm_scoring(signature: str | None) -> dict[str, Any] | None:
    """Return the judge in a J's signature; None if no model judged."""
    signed = _SIGNED.match(signature or "")
    if signed is None:
        return None
    backend, _, model = signed["judge"].partition(":")
    own = backend == "embedded"
    return {
        "judges": [
            {
                "model_info": {
                    "name": model,
                    "id": model,
                    "additional_details": {
                        "deployment_type": "self_deployed" if own else "unknown",
                        "model_availability": "open_weights" if own else "unknown",
                        "backend": backend,
                    },
                },
                "temperature": float(signed["temperature"]),
            }
        ],
        "input_prompt": _prompt(signed["rubric"], signed["name"], signed["hash"]),
        "additional_details": {"rubric": signed["rubric"], "signature": signature or ""},
    }


def _prompt(rubric: str, name: str, sha256: str) -> str:
    """Return the rubric's prompt, or what it is called if this version has another text."""
    if rubric == "file":
        return f"a prompt of the judge's user, SHA-256 {sha256}…"
    text, found = load_by_name("locomo_vqa.evaluators.judging.rubrics:rubric_prompt")(rubric)
    known: str = text
    return known if found.startswith(sha256) else f"{name}, SHA-256 {sha256}…"
