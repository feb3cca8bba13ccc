"""Counts the tokens of texts: with a model's own tokenizer, or by a fixed rule where it isn't here.

The rule is `utf8-bytes/4`: the UTF-8 length of the text divided by four, rounded up. Four bytes
are about a token in English, and the same text has the same count whatever the model.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Protocol

from locomo_vqa.files import sha256_file
from locomo_vqa.models.names import ModelName, parse_name

__all__ = ["BYTES_RULE", "TokenCounter", "open_counter", "tokenizer_of", "tokenizer_sha256"]

BYTES_RULE = "utf8-bytes/4"
"""The name of the rule for models whose tokenizer is not on this machine."""

_BYTES_A_TOKEN = 4
_FILE = "tokenizer.json"
_WITH_FILES = ("embedded", "lmdeploy", "transformers")


class TokenCounter(Protocol):
    """Counts the tokens of texts, without those that a chat template adds."""

    def count(self, text: str) -> int:
        """Return the number of tokens of a text."""

    def ends(self, text: str) -> list[int]:
        """Return the position in the text, in characters, at which each token ends."""


def tokenizer_of(model: str) -> str:
    """Return the name of the tokenizer that counts for a model: for `open_counter`, and run.json.

    It is the model's name without options that don't matter to it, or `BYTES_RULE` for an endpoint,
    and for a model without a tokenizer.json in its folder or in the Hub's cache.
    """
    name = parse_name(model)
    if name.scheme not in _WITH_FILES or _file_of(name) is None:
        return BYTES_RULE
    revision = name.options.get("revision")
    return f"{name.scheme}:{name.target}" + (f"?revision={revision}" if revision else "")


def tokenizer_sha256(tokenizer: str) -> str | None:
    """Return the SHA-256 of a tokenizer's file; None for the rule."""
    path = None if tokenizer == BYTES_RULE else _file_of(parse_name(tokenizer))
    return None if path is None else sha256_file(path)


@cache
def open_counter(tokenizer: str) -> TokenCounter:
    """Return the counter with a name from `tokenizer_of`; a tokenizer is loaded once.

    Raises:
        ValueError: the tokenizer's file is not on this machine.
    """
    if tokenizer == BYTES_RULE:
        return _ByteCounter()
    path = _file_of(parse_name(tokenizer))
    if path is None:
        raise ValueError(f"the tokenizer of {tokenizer} is not on this machine")
    return _FileCounter(path)


class _ByteCounter:
    """Counts by the rule; a token ends after every four bytes, or after the character there."""

    def count(self, text: str) -> int:
        return -(-len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN)

    def ends(self, text: str) -> list[int]:
        places, size = [], 0
        for place, character in enumerate(text, 1):
            before, size = size, size + len(character.encode("utf-8", "replace"))
            if size // _BYTES_A_TOKEN > before // _BYTES_A_TOKEN:
                places.append(place if size % _BYTES_A_TOKEN == 0 else place - 1)
        return [*places, len(text)] if size % _BYTES_A_TOKEN else places


class _FileCounter:
    """Counts with the tokenizer of a tokenizer.json."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(path))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def ends(self, text: str) -> list[int]:
        return [end for _, end in self._tokenizer.encode(text, add_special_tokens=False).offsets]


def _file_of(name: ModelName) -> Path | None:
    """Return a model's tokenizer.json, if it is on this machine."""
    if name.scheme == "embedded":
        from locomo_vqa.models import embedded

        folder = Path(embedded.__file__).parent / name.target
    else:
        folder = Path(name.target)
    if folder.is_dir() or name.scheme == "embedded":
        return folder / _FILE if (folder / _FILE).is_file() else None
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name.target, _FILE, revision=name.options.get("revision"))
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None
