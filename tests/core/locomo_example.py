"""A small invented conversation in LoCoMo's layout, with every oddity the real file has."""

from __future__ import annotations

from typing import Any


def turn(number: str, speaker: str, text: str, **more: Any) -> dict[str, Any]:
    return {"speaker": speaker, "dia_id": number, "text": text, **more}


def sample(name: str = "conv-1") -> dict[str, Any]:
    """Return a valid conversation; sessions 1, 2 and 10 to 12 are in the order of strings."""
    conversation: dict[str, Any] = {"speaker_a": "Ada", "speaker_b": "Ben"}
    for session in ("1", "10", "11", "12", *"23456789"):
        conversation[f"session_{session}_date_time"] = f"1:0{int(session) % 10} pm on 8 May, 2023"
        conversation[f"session_{session}"] = [
            turn(f"D{session}:1", "Ada", f"Hello {session}."),
            turn(f"D{session}:2", "Ben", f"Good day {session}."),
        ]
    conversation["session_13_date_time"] = "1:30 pm on 9 May, 2023"
    conversation["session_2"][0] |= {
        "img_url": [r"https://pictures.example/a.jpg?x\u003d1\u0026y=2"],
        "blip_caption": "a photo of a boat",
        "query": "red boat with seven sails",
        "re-download": True,
    }
    conversation["session_3"][1] |= {"blip_caption": "a photo of a hill"}
    conversation["session_4"][0] |= {
        "img_url": ["https://pictures.example/shared.jpg"],
        "blip_caption": "a photo of a tree",
    }
    return {
        "sample_id": name,
        "conversation": conversation,
        "event_summary": {},
        "qa": [
            question("When did Ada paint?", 2022, ["D1:1"], 2),
            question("Who said hello?", "Ada", ["D2:1; D3:2"], 4),
            question("Who said hello?", "Ada", ["D2:1"], 4),
            question("What is odd?", "this", ["D:4:1", "D05:02", "D", "D4:36"], 1),
            question("What would Ben like?", "tea", [], 3),
            {
                "question": "Did Ben paint?",
                "adversarial_answer": "in May",
                "evidence": ["D1:1"],
                "category": 5,
            },
            {**question("Who said hello?", "Ada", ["D2:1"], 5), "adversarial_answer": "Ada"},
        ],
    }


def question(text: str, answer: str | int, evidence: list[str], category: int) -> dict[str, Any]:
    return {"question": text, "answer": answer, "evidence": evidence, "category": category}
