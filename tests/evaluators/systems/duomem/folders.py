"""A folder of a teacher's memories as the format describes it, written without our own code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Conversation

TEACHER = "openai:http://127.0.0.1:9/v1?model=teacher"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def turns_sha256(conversation: Conversation) -> str:
    """Hash a line of JSON for each turn: id, time, speaker, words."""
    lines = [
        json.dumps(
            [turn.id, session.time.isoformat(), turn.speaker, turn.text],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for session, turn in conversation.turns()
    ]
    return sha256("".join(f"{line}\n" for line in lines))


def write_folder(
    folder: Path, memories: Mapping[str, Sequence[str]], conversations: Sequence[Conversation]
) -> Path:
    """Write memories by conversation, each said in the first turn."""
    folder.mkdir(parents=True)
    entries: dict[str, Any] = {}
    for conversation in conversations:
        texts = memories[conversation.id]
        first = conversation.sessions[0]
        rows = [
            {
                "id": f"m{number}",
                "text": text,
                "time": first.time.isoformat(),
                "turns": [first.turns[0].id],
            }
            for number, text in enumerate(texts, 1)
        ]
        content = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
        (folder / f"{conversation.id}.jsonl").write_text(content, encoding="utf-8")
        entries[conversation.id] = {
            "memories": len(rows),
            "sha256": sha256(content),
            "turns": sum(len(session.turns) for session in conversation.sessions),
            "turns_sha256": turns_sha256(conversation),
            "stages": {},
            "anomalies": {},
            "kept": {"facts": 0, "windows": 0},
        }
    manifest = {
        "schema_version": 1,
        "kind": "teacher_memories",
        "teacher": {"name": TEACHER, "identity": {"backend": "openai"}},
        "dataset": {"id": "sample", "revision": "r", "sha256": "0" * 64},
        "settings": {"window": 2},
        "prompt_sha256": "0" * 64,
        "conversations": entries,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
