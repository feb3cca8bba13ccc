"""What a name or a date on an entry must be, and what is unusual about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from locomo_vqa.files import some
from locomo_vqa.text import escape_unprintable

from .look_alikes import mixed_word, unseen_characters

__all__ = ["name_notes", "name_problems", "quoted"]


def name_problems(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Yield why an entry's name can't be shown on a board."""
    name = metadata["system"]["name"]
    unseen = unseen_characters(name)
    if unseen:
        yield f"system.name has characters that can't be seen: {some(unseen)}."
    elif not any(character.isalnum() for character in name):
        yield f"system.name has no letter or digit: {escape_unprintable(name, most=80)}."


def name_notes(metadata: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is unusual about an entry's names, whatever the other entries are."""
    system, recorded = metadata["system"], run["system"]
    if system["name"] != recorded["name"]:
        yield (
            f"run.json says that the run's name is {quoted(recorded['name'])}, "
            f"not {quoted(system['name'])}."
        )
    if system["version"] != recorded["version"]:
        yield (
            f"run.json says that the version is {quoted(recorded['version'])}, "
            f"not {quoted(system['version'])}."
        )
    model = metadata["answerer"]["model"]
    for what, name in (("name", system["name"]), ("model's name", model or "")):
        mixed = mixed_word(name)
        if mixed is not None:
            yield f"The {what} {quoted(name)} mixes alphabets: {mixed!r} is {ascii(mixed)[1:-1]}."
    texts = {
        "system.version": system["version"],
        "answerer.model": model,
        "contact": metadata["contact"],
    }
    for field, text in texts.items():
        unseen = unseen_characters(text or "")
        if unseen:
            yield f"{field} has characters that can't be seen: {some(unseen)}."


def quoted(text: str | None) -> str:
    """Return a text in quotes, with its escapes beside it if it has more than ASCII."""
    return "missing" if text is None else repr(text) if text.isascii() else f"{text!r} ({text!a})"
