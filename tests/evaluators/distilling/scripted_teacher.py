"""A scripted stub instead of the teacher."""

from __future__ import annotations

import json

from locomo_vqa.evaluators.distilling.teacher_pipeline import Teacher
from locomo_vqa.models.chat import ChatReply, ChatRequest
from tests.evaluators.memory.scripted import Script, Scripted


def reads(request: ChatRequest) -> str | None:
    """Make a fact of every turn, and a memory of every fact; None for a question."""
    if request.text.startswith("Note what"):
        return json.dumps({"facts": request.text.split("\n")[2:]})
    if request.text.startswith("Memories now"):
        facts = json.loads(request.text.split("\n")[1].removeprefix("New facts: "))
        return json.dumps({"memory": [{"id": "n", "event": "ADD", "text": f} for f in facts]})
    return None


def make_teacher(script: Script | None = None) -> tuple[Teacher, Scripted]:
    """Return a teacher that reads, and answers by a script."""

    def reply(request: ChatRequest) -> ChatReply | str:
        read = reads(request)
        return read if read is not None else script(request) if script else "?"

    model = Scripted(reply)
    return Teacher(model, "scripted"), model
