"""What is right about how a command ends, whatever it was given."""

from __future__ import annotations

import re

from tests.dying import Ended

__all__ = ["check_full_disk", "fault_of"]


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


def check_full_disk(ended: Ended, *, usual: int = 0) -> None:
    """Check that a command without room on the disk did its work, or says what is missing.

    `usual` is its status with room.
    """
    assert fault_of(ended) is None, ended.said
    if ended.status != usual:
        assert "No space left on device" in ended.said or "disk is full" in ended.said, ended.said
