"""The answer in a vision expert's reply, in the forms in which small models write it."""

from __future__ import annotations

import pytest

from locomo_vqa.evaluators.memory.vision_replies import read_visual_answer
from locomo_vqa.models.chat import ChatReply, Finish, ModelFailed
from locomo_vqa.runs import Usage


def read(text: str, finish: Finish = "stop") -> str:
    return read_visual_answer(ChatReply(text=text, finish=finish, usage=Usage()))


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("red", "red"),
        ("two kites", "two kites"),
        ("3", "3"),
        ('{"answer": "red", "reason": "The kite is."}', "red"),
        ('{"reason": "The kite is.", "answer": "red"}', "red"),
        ('{"answer": 3, "reason": "I count three."}', "3"),
        ('{"answer": 2.5}', "2.5"),
        ('{"answer": true}', "yes"),
        ('{"answer": ["red"]}', "red"),
        ('[{"answer": "red"}]', "red"),
        ("{\u201canswer\u201c: \u201cred\u201c}", "red"),
        ("{\u201canswer\u201d: \u201cred\u201d, \u201creason\u201d: \u201cIt", "red"),
        ("It says \u201canswer\u201d.", "It says \u201canswer\u201d."),
        ('{"answer": "It says \u201cred\u201d."}', "It says \u201cred\u201d."),
        ('{"answer": "it\\u0027s red"}', "it's red"),
        ('{"answer": "red", "reason": "It\\\'s the kite.",}', "red"),
        ('{"answer": "red", "reason": "one\ntwo"}', "red"),
        ('```json\n{"answer": "red", "reason": "…"}\n```', "red"),
        ('I look at the kite. {"answer": "red"} That is all.', "red"),
        ('{"answer": "blue"} No: {"answer": "red"}', "red"),
        ('{"answer": "red", "reason": "The ki', "red"),
        ('{"answer": 3, "reas', "3"),
        ("{'answer': 'red', 'reason': 'The kite is.'}", "red"),
        ("Answer: red\nReason: the kite is.", "red"),
        ("Answer: red. Reason: the kite is.", "red"),
        ("**Answer:** red **Reason:** the kite is.", "red"),
        ("answer = red; reason = the kite", "red"),
        ("Reason: the kite is. Answer: red", "red"),
        ("The answer is: red.", "red"),
        ("The answer is red.", "red"),
        ("an answer", "an answer"),
        # Of Gemma 3 270M, a base model.
        ('The answer is "red".\n\nThe answer is "red".\n\nThe answer is "', "red"),
        (
            "The box is a fruit bowl.\nThe fruit is red.",
            "The box is a fruit bowl.\nThe fruit is red.",
        ),
    ],
)
def test_the_answer_is_found(reply: str, answer: str) -> None:
    assert read(reply) == answer


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "  \n",
        "```",
        "[" * 100_000,
        '{"reason": "The kite is."}',
        '{"answer": null}',
        '{"answer": ""}',
        '{"answer": {"colour": "red"}}',
        '{"answer": "re',
        "{\u201canswer\u201d: \u201cre",
        '{\u201canswer": "red\u201d}',
        "{\u201canswer\u201d: \u201cThe \u201cred\u201d one\u201d}",
        '{"ans',
        '{"colour": "red"}',
        'red {"reason": "The kite is."}',
    ],
)
def test_a_reply_without_an_answer_is_no_answer(reply: str) -> None:
    with pytest.raises(ModelFailed, match="has no answer"):
        read(reply)


def test_a_refusal_keeps_its_words() -> None:
    assert read("I can't help with that.", "refused") == "I can't help with that."


def test_only_the_beginning_of_a_long_reply_is_quoted() -> None:
    with pytest.raises(ModelFailed) as error:
        read('{"reason": "' + "x" * 50_000)
    assert len(str(error.value)) < 200
