"""Splits what a model thought from what it said, in the forms that servers leave in replies.

Whole thoughts           `<think>…</think>words`, also `<thinking>`, `[THINK]` and others; the words
                         may be within `<answer>…</answer>`
Thoughts without a start `…</think>words`, where the chat template wrote the opening tag
Thoughts without an end  `<think>…`, where the limit cut the reply off
Channels                 `<|channel|>analysis<|message|>…<|channel|>final<|message|>words`
Channels without tags    `analysis…assistantfinalwords`, where the server dropped special tokens
Thoughts in a channel    `<|channel>thought…<channel|>words` (Gemma 4)
Thoughts after a phrase  `Here is my thought process: … Here is my response: words` (Granite 3.2)
Words in a box           `<|begin_of_box|>words<|end_of_box|>` (GLM-4.1V and later), perhaps after
                         a sentence
Ends of turns            `words<|im_end|>` and others, where the server left them in
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from locomo_vqa.files import clean_text
from locomo_vqa.models.chat import ChatReply, Finish, ThoughtsOnly
from locomo_vqa.models.json_replies import load_reply
from locomo_vqa.runs import Usage

__all__ = ["Split", "reply_of", "split_thought"]

_NAMES = r"think(?:ing)?|thoughts?|reasoning|seed:think"
_TAG = re.compile(
    rf"<(?P<close>/?)(?:{_NAMES})>"
    r"|\[(?P<close2>/?)THINK\]"
    r"|\u25c1(?P<close3>/?)think\u25b7"
    r"|<\|(?P<way>begin|end)_of_thought\|>"
    r"|<\|(?P<way2>START|END)_THINKING\|>"
    r"|<unused9(?P<number>[45])>"
    r"|<\|channel>(?:thought\b)?|(?P<close4><)channel\|>",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"(?:<\|start\|>\s*+\w*+\s*+)?<\|channel\|>\s*+(?P<name>\w++)[^<]*+"
    r"(?:<\|constrain\|>[^<]*+)?<\|message\|>"
)
_CHANNEL_END = re.compile(r"<\|(?:end|return|call|start)\|>.*", re.DOTALL)
_BARE = re.compile(
    r"\A\s*+(?:assistant)?analysis(?=[A-Z\"'({\[*]|.*assistantfinal)(?P<thought>.*)\Z", re.DOTALL
)
_BARE_FINAL = re.compile(r"assistant(?:<\|channel\|>)?final(?:<\|message\|>)?")
_PHRASES = re.compile(
    r"\A\s*+Here(?: is|'s) my thought process:(?P<thought>.*?)"
    r"(?:Here(?: is|'s) my response:(?P<words>.*)|\Z)",
    re.DOTALL,
)
_BOX = re.compile(r"<\|(?:begin|end)_of_box\|>")
_BOX_BEGIN = "<|begin_of_box|>"
_PARTS_OF_BOX = 2
_ENDS = (
    "<|im_end|>",
    "</s>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<end_of_turn>",
    "<turn|>",
    "<|end|>",
    "<|return|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|END_OF_TURN_TOKEN|>",
    "<eos>",
    "<\uff5cend\u2581of\u2581sentence\uff5c>",
)
"""Special tokens that end a turn, in the models that we know."""
_WRAPPERS = (
    ("<answer>", "</answer>"),
    ("<response>", "</response>"),
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
    ("<|start_response|>", "<|end_response|>"),
)
"""What some models write around their words after a thought, in lower case."""


@dataclass(frozen=True, slots=True)
class Split:
    """A reply, split into words and thought."""

    words: str
    """What the model said."""
    thought: str = ""
    """The thoughts before it."""
    unfinished: bool = False
    """Whether the reply ends within the thought, so that nothing was said."""


def split_thought(text: str, *, cut: bool = False) -> Split:
    """Split a whole reply.

    A reply that is valid JSON is left unchanged: tags in its strings are quotations. `cut` says
    that the token limit ended the reply; a tag within the text then begins a thought, and otherwise
    is ordinary text.
    """
    text = _without_ends(text)
    if _is_json(text):
        return Split(text)
    split = _split(text, cut=cut)
    return replace(split, words=_unboxed(split.words))


def _split(text: str, *, cut: bool) -> Split:
    if "<|channel|>" in text:
        return _split_channels(text)
    if bare := _BARE.match(text):
        thought, *final = _BARE_FINAL.split(bare["thought"])
        return _said(final[-1], thought) if final else Split("", thought, unfinished=True)
    if phrases := _PHRASES.match(text):
        if phrases["words"] is not None:
            return _said(phrases["words"], phrases["thought"])
        if cut:
            return Split("", phrases["thought"].strip(), unfinished=True)
    return _split_tags(text, cut=cut)


def reply_of(
    text: str, *, finish: Finish, usage: Usage, thought: str = "", limit: int | None = None
) -> ChatReply | ThoughtsOnly:
    """Return a model's reply with its thoughts split off, or an error if there is nothing else.

    `thought` is the part that the server itself separated; `limit` is the token limit of the
    reply.
    """
    text = clean_text(text)
    if finish == "refused":
        return ChatReply(text=text, finish=finish, usage=usage, thought=clean_text(thought))
    split = split_thought(text, cut=finish == "length")
    thoughts = "\n".join(filter(None, (clean_text(thought).strip(), split.thought)))
    if split.unfinished or (thoughts and not split.words.strip()):
        return ThoughtsOnly.at(limit, cut=finish == "length", usage=usage)
    return ChatReply(text=split.words, finish=finish, usage=usage, thought=thoughts)


def _said(words: str, *thoughts: str) -> Split:
    thought = "\n".join(filter(None, (part.strip() for part in thoughts)))
    words = words.strip()
    for begin, end in _WRAPPERS if thoughts else ():
        if words[: len(begin)].lower() == begin:
            words = words[len(begin) :]
            words = words[: -len(end)] if words[-len(end) :].lower() == end else words
    return Split(words.strip(), thought, unfinished=False)


def _without_ends(text: str) -> str:
    """Return a reply without the special tokens at its end; without such tokens, unchanged."""
    length = len(text.rstrip())
    if not text.endswith(_ENDS, 0, length):
        return text
    while text.endswith(_ENDS, 0, length):
        length = text.rindex("<", 0, length)
        while length and text[length - 1].isspace():
            length -= 1
    return text[:length]


def _unboxed(words: str) -> str:
    """Return what is in the box, if there is one; a box within JSON only loses its tokens."""
    before, *parts = _BOX.split(words)
    if not parts or _is_json(words):
        return words
    if len(parts) > _PARTS_OF_BOX or "{" in before or not words.startswith(_BOX_BEGIN, len(before)):
        return "".join((before, *parts)).strip()
    return parts[0].strip()


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        load_reply(text)
    except json.JSONDecodeError:
        return False
    except ValueError:
        return True  # It is JSON that must not be used.
    return True


def _split_channels(text: str) -> Split:
    """Return the last `final` channel as the words, and everything else as the thought."""
    found = list(_CHANNEL.finditer(text))
    thoughts = [_CHANNEL_END.sub("", text[: found[0].start()] if found else text)]
    words: str | None = None
    for number, channel in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        content = _CHANNEL_END.sub("", text[channel.end() : end])
        if channel["name"].lower() == "final":
            words = content
        else:
            thoughts.append(content)
    split = _said(words or "", *thoughts)
    return split if words is not None else Split("", split.thought, unfinished=True)


def _split_tags(text: str, *, cut: bool) -> Split:
    words: list[str] = []
    thoughts: list[str] = []
    opened: int | None = None
    place = 0
    for tag in _TAG.finditer(text):
        before, place = text[place : tag.start()], tag.end()
        if _closes(tag):
            if opened is None:  # The template wrote the opening tag: all that was said is thought.
                thoughts += words
                words = []
            thoughts.append(before)
            opened = None
        elif opened is None:
            words.append(before)
            opened = tag.start()
        else:  # A thought that mentions the tag.
            thoughts.append(before)
    if not thoughts and opened is None:
        return Split(text)
    if opened is None:
        words.append(text[place:])
        return _said("".join(words), *thoughts)
    said = "".join(words)
    if said.strip() and not cut:
        return _said(said + text[opened:], *thoughts) if any(thoughts) else Split(text)
    rest = _said("", *thoughts, said, text[place:])
    return Split("", rest.thought, unfinished=True)


def _closes(tag: re.Match[str]) -> bool:
    slash = tag["close"] or tag["close2"] or tag["close3"] or tag["close4"]
    way = (tag["way"] or tag["way2"] or "").lower()
    return bool(slash) or way == "end" or tag["number"] == "5"
