"""Prompts of the user's own, from a folder, in place of the bundled ones.

A file has the name of the prompt that it replaces; the others stay the bundled ones. Names with
a dollar sign, such as `$turns`, are filled in; the rest of the text is sent unchanged.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.arguments import nearest
from locomo_vqa.bounded_reading import read_bounded_text
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_text

__all__ = [
    "MAX_BYTES",
    "PROMPTS_HASH",
    "OwnPrompts",
    "PromptRule",
    "fill_own",
    "named_prompts",
    "pinned_prompts",
    "read_own_prompts",
]

PROMPTS_HASH = "prompts_sha256"
"""The option with the SHA-256 of the prompts in a folder."""

MAX_BYTES = 64 << 10
"""Larger files are refused."""

_MOST_FILES = 100
_NAME = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")


@dataclass(frozen=True, slots=True)
class PromptRule:
    """The names that a prompt is filled with."""

    needed: tuple[tuple[str, ...], ...] = ()
    """Groups of names: of each group the prompt must have all, or all of another group."""
    more: tuple[str, ...] = ()
    """The names that it may have too."""

    @property
    def known(self) -> tuple[str, ...]:
        """All names."""
        return tuple(dict.fromkeys((*(n for group in self.needed for n in group), *self.more)))


@dataclass(frozen=True, slots=True)
class OwnPrompts:
    """The prompts in a folder."""

    folder: str
    """The folder, as it was given."""
    sha256: str
    """The SHA-256 of the names and texts."""
    texts: Mapping[str, str]
    """The prompts by name."""

    def uses(self, prompt: str, name: str) -> bool:
        """Return whether a prompt is among them and has a name to fill in."""
        return name in _names(self.texts.get(prompt, ""))

    def to_json(self) -> dict[str, object]:
        """Return what files record of them."""
        return {"folder": self.folder, "sha256": self.sha256, "files": sorted(self.texts)}


def read_own_prompts(folder: str, rules: Mapping[str, PromptRule]) -> OwnPrompts:
    """Read the prompts in a folder; hidden files are left out.

    Args:
        folder: the folder; its files are named like `rules`, with the ending .txt.
        rules: the prompts that can be replaced.

    Raises:
        InputError: it is not a folder, or has no prompt; or a file has another name, is too large,
            is not text, lacks a name that it must have, or has an unknown one.
    """
    path = Path(folder)
    expected = f"Name the files {', '.join(f'{name}.txt' for name in rules)}."
    try:
        files = sorted(e.name for e in os.scandir(path) if not e.name.startswith("."))
    except OSError as error:
        raise InputError(
            f"`options`: prompts={folder} can't be read as a folder ({error.strerror or error}).",
            f"Name a folder with prompts. {expected}",
        ) from None
    if not files:
        raise InputError(f"`options`: prompts={folder} has no prompts.", expected)
    texts: dict[str, str] = {}
    for file in files[:_MOST_FILES]:
        name = file.removesuffix(".txt")
        if name not in rules or name == file:
            close = nearest(name, rules)
            raise InputError(
                f"`options`: {path / file} is not named like a prompt.",
                f"Did you mean {close}.txt? {expected}" if close else expected,
            )
        text = read_bounded_text(path / file, what="a prompt", most=MAX_BYTES)
        texts[name] = text.replace("\r\n", "\n")
        _check(path / file, texts[name], rules[name])
    lines = "\n".join(f"{name} {sha256_text(text)}" for name, text in texts.items())
    return OwnPrompts(folder, sha256_text(lines), texts)


def fill_own(text: str, values: Mapping[str, str]) -> str:
    """Return a prompt with its names filled in; what looks like a name in a value is kept."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1] or found[2], found[0])

    return _NAME.sub(value, text).strip()


def named_prompts(
    options: Mapping[str, str], rules: Mapping[str, PromptRule], *, forms: Sequence[str] = ()
) -> OwnPrompts | None:
    """Return the prompts that a system's options name; None if they name none.

    Args:
        options: the options; `prompts` names the folder, or one of the `forms`, and
            `prompts_sha256` the hash that the folder must have.
        rules: the prompts that can be replaced.
        forms: the values of `prompts` that are not a folder.

    Raises:
        InputError: the folder or a prompt can't be used, or is not the expected one.
    """
    folder, expected = options.get("prompts"), options.get(PROMPTS_HASH)
    if folder is None or folder in forms:
        if expected is not None:
            raise InputError(
                f"`options`: {PROMPTS_HASH} is given, but prompts is not a folder.",
                f"Add prompts=FOLDER, or leave {PROMPTS_HASH} out.",
            )
        return None
    if forms and not Path(folder).is_dir():
        close = nearest(folder, forms)
        raise InputError(
            f"`options`: prompts must be one of {', '.join(forms)}, or a folder, not {folder!r}.",
            f"Did you mean {close!r}?" if close else "Correct the path.",
        )
    found = read_own_prompts(folder, rules)
    if expected not in (None, found.sha256):
        raise InputError(
            f"`options`: prompts={folder} does not have the expected SHA-256 ({found.sha256}).",
            f"Give the folder with {expected}, or leave {PROMPTS_HASH} out.",
        )
    return found


def pinned_prompts(options: Mapping[str, str], found: OwnPrompts | None) -> Mapping[str, str]:
    """Return options with the hash of the prompts that they name, for a run's record."""
    return options if found is None else {**options, PROMPTS_HASH: found.sha256}


def _check(path: Path, text: str, rule: PromptRule) -> None:
    names = _names(text)
    shown = ", ".join(f"${name}" for name in rule.known)
    for name in sorted(names - set(rule.known)):
        close = nearest(name, rule.known)
        raise InputError(
            f"`options`: {path} has ${name}, which it can't be filled with.",
            (f"Did you mean ${close}? " if close else "")
            + (f"Its names are {shown}." if rule.known else "It has no names to fill in."),
        )
    if not text.strip():
        raise InputError(f"`options`: {path} is empty.", "Write a prompt, or remove the file.")
    if rule.needed and not any(names.issuperset(group) for group in rule.needed):
        ways = ", or ".join(" and ".join(f"${n}" for n in group) for group in rule.needed)
        raise InputError(
            f"`options`: {path} doesn't have all the names that it needs.", f"Write {ways} in it."
        )


def _names(text: str) -> set[str]:
    return {one or other for one, other in _NAME.findall(text)}
