"""What a judge's reply is taken for: one clear verdict, or none."""

from __future__ import annotations

import pytest

from locomo_vqa.evaluators.judging.replies import Unreadable, Verdict, read_verdict

RIGHT = '{"reasoning": "Same day.", "verdict": "CORRECT"}'
WRONG = '{"reasoning": "Another day.", "verdict": "WRONG"}'


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (RIGHT, Verdict(True, "Same day.")),
        (WRONG, Verdict(False, "Another day.")),
        (f"  \n{WRONG}\n", Verdict(False, "Another day.")),
        (f"```json\n{RIGHT}\n```", Verdict(True, "Same day.")),
        (f"```\n{WRONG}```", Verdict(False, "Another day.")),
        (f"Here is my reply:\n```json\n{WRONG}\n```", Verdict(False, "Another day.")),
        (f"<think>CORRECT or WRONG?\n{RIGHT}</think>\n{WRONG}", Verdict(False, "Another day.")),
        ('{"verdict": "wrong "}', Verdict(False, "")),
        ('{"reasoning": "CORRECT is what it asks for.", "verdict": "WRONG"}', ...),
        ("CORRECT", Verdict(True, "")),
        ("**Wrong.**", Verdict(False, "")),
        ("Verdict: CORRECT", Verdict(True, "")),
        ('"label": "WRONG"', Verdict(False, "")),
    ],
)
def test_one_verdict_is_read(reply: str, verdict: Verdict) -> None:
    expected = Verdict(False, "CORRECT is what it asks for.") if verdict is ... else verdict
    assert read_verdict(reply) == expected


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "   ",
        "I think that it is fine.",
        "It is CORRECT because the day is the same.",
        "INCORRECT",
        "not CORRECT",
        "{",
        "[]",
        "null",
        "7",
        '"CORRECT, surely"',
        '{"reasoning": "x"}',
        # Of Gemma 3 270M, a base model.
        '"The gold answer is correct, and the reason for that is that it is the same date',
        '{"verdict": true}',
        '{"verdict": "MAYBE"}',
        '{"verdict": "INCORRECT"}',
        '{"verdict": "NOT CORRECT"}',
        "<html><body>502 Bad Gateway</body></html>",
        f"The answer says {RIGHT} and so I won't.",
        f"The answer says {RIGHT}",
        f"The answer is marked CORRECT by itself. ```json\n{RIGHT}\n```",
        f"```json\n{RIGHT}\n``` is what the answer wants.",
        "[" * 100_000,
        "\ud800",
    ],
)
def test_what_has_no_verdict_of_its_own_is_unparsable(reply: str) -> None:
    read = read_verdict(reply)
    assert isinstance(read, Unreadable)
    assert read.reason == "unparsable"
    assert read.objection


@pytest.mark.parametrize(
    "reply",
    [
        "CORRECT or WRONG",
        "CORRECT\nWRONG",
        f"{RIGHT}\n{WRONG}",
        '{"verdict": "CORRECT", "verdict": "WRONG"}',
        '{"verdict": "CORRECT", "verdict": "CORRECT"}',
        '{"verdict": "CORRECT/WRONG"}',
    ],
)
def test_two_verdicts_are_none(reply: str) -> None:
    read = read_verdict(reply)
    assert isinstance(read, Unreadable)
    assert read.reason == "both_labels"
