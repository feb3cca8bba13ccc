"""What is right about how a command ends, whatever it was given."""

from __future__ import annotations

import re

from tests.dying import Ended

__all__ = ["fault_of"]


def fault_of(ended: Ended) -> str | None:
    """Return what is wrong with how a command ended; a refusal is a sentence or two."""
    if ended.status not in (0, 1, 2):
        return f"status {ended.status}"
    for word in ("Traceback", "a bug in locomo-vqa", "Warning:", "Exception ignored"):
        if word in ended.said:
            return word
    if ended.status == 2:
        lines = ended.said[max(0, ended.said.rfind("Error: ")) :].splitlines()
        if len(lines) > 3 or any(len(line) > 1200 for line in lines):
            return "more than a sentence"
        if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", "".join(lines)):
            return "control characters"
    return None
