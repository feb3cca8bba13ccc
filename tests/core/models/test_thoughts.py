"""Replies as models write them: what was thought, and what was said."""

from __future__ import annotations

import pickle

import pytest

from locomo_vqa.models.chat import ChatReply, Finish, ThoughtsOnly
from locomo_vqa.models.thoughts import reply_of, split_thought
from locomo_vqa.runs import Usage

FORMS: dict[str, str] = {
    "plain": "Pepper",
    "whole": "<think>The cat, or the dog?</think>\n\nPepper",
    "empty": "<think>\n\n</think>\n\nPepper",
    "orphan": "The cat, or the dog?\n</think>\n\nPepper",
    "orphan on one line": "The cat, or the dog?</think>Pepper",
    "thinking": "<thinking>The cat?</thinking>Pepper",
    "upper case": "<THINK>The cat?</THINK>Pepper",
    "brackets": "[THINK]The cat?[/THINK]Pepper",
    "triangles": "\u25c1think\u25b7The cat?\u25c1/think\u25b7Pepper",
    "begin and end": "<|begin_of_thought|>The cat?<|end_of_thought|>Pepper",
    "START and END": "<|START_THINKING|>The cat?<|END_THINKING|>Pepper",
    "seed": "<seed:think>The cat?</seed:think>Pepper",
    "two": "<think>The cat?</think><think>Or the dog?</think>Pepper",
    "nested": "<think>It says <think>cat</think> here.</think>Pepper",
    "speaks of the tag": "<think>I write <think> first.</think>Pepper",
    "closed twice": "<think>The cat?</think>Whiskers\n</think>Pepper",
    "channels": "<|channel|>analysis<|message|>The cat?<|end|><|start|>assistant"
    "<|channel|>final<|message|>Pepper<|return|>",
    "channels, the first open": "The cat?<|end|><|start|>assistant"
    "<|channel|>final<|message|>Pepper",
    "channels with commentary": "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
    "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>final"
    " <|constrain|>json<|message|>Pepper",
    "only the channel final": "<|channel|>final<|message|>Pepper",
    "channels without tags": "analysisThe user asks for the cat.assistantfinalPepper",
    "channels without tags, commentary": "analysisHm: the cat.assistantcommentaryI look."
    "assistantfinalPepper",
}


@pytest.mark.parametrize("name", FORMS)
def test_the_words_are_what_was_said(name: str) -> None:
    split = split_thought(FORMS[name])
    assert (split.words, split.unfinished) == ("Pepper", False)


@pytest.mark.parametrize(
    "text",
    [
        "analysis",
        "analysis of the cat's blood",
        "Analysis paralysis, assistantfinal",
        "The tag <think> begins a thought.",
        '{"reasoning": "It says </think>{}", "verdict": "WRONG"}',
        '[{"reasoning": "First line\n<think>", "verdict": "WRONG"}]',
        "  two blanks ",
    ],
)
def test_words_that_only_look_like_thoughts_stay(text: str) -> None:
    assert split_thought(text).words == text


@pytest.mark.parametrize(
    ("text", "finish"),
    [
        ("<think>The cat", "length"),
        ("<think>The cat", "stop"),
        ("<think>The cat</think>", "stop"),
        ("<think>The cat</think>\n", "length"),
        ("Whiskers? <think>The cat", "length"),
        ("[THINK]The cat", "length"),
        ("<|channel|>analysis<|message|>The cat", "length"),
        ("<|channel|>analysis<|message|>The cat<|end|><|start|>assistant", "length"),
        ("analysisThe user asks", "length"),
    ],
)
def test_a_reply_without_words_is_an_error_with_its_tokens(text: str, finish: Finish) -> None:
    usage = Usage(output_tokens=16, calls=1)
    made = reply_of(text, finish=finish, usage=usage, limit=16)
    assert isinstance(made, ThoughtsOnly)
    assert made.usage == usage
    said = "cut off in the model's thoughts after 16 tokens; max_tokens=" in str(made)
    assert said == (finish == "length")


def test_thoughts_are_kept_apart_and_split_again() -> None:
    made = reply_of(FORMS["nested"], finish="stop", usage=Usage(calls=1), thought="Before.")
    assert isinstance(made, ChatReply)
    assert (made.text, "Before." in made.thought) == ("Pepper", True)
    assert split_thought(made.whole).words == "Pepper"


def test_the_error_comes_whole_out_of_another_process() -> None:
    error = ThoughtsOnly.at(64, cut=True, usage=Usage(input_tokens=3, output_tokens=64))
    received = pickle.loads(pickle.dumps(error))
    assert (type(received), str(received), received.usage) == (type(error), str(error), error.usage)
