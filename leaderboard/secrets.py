"""Recognises keys, passwords and user names in a text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from locomo_vqa.key_variables import hide_hub_token
from locomo_vqa.keys import add_secret, has_secret

from .private_hosts import find_private_hosts

__all__ = ["Secret", "find_secrets", "know_the_environment"]

_VARIABLE = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD)$", re.IGNORECASE)

_DIGIT = r"(?=[^\s\"'&]{0,200}\d)"
_VALUE = rf"[\"']?\s{{0,9}}[=:]\s{{0,9}}[\"']?{_DIGIT}[\w/+-]{{16}}"
_KEYS = {
    "an API key": re.compile(
        r"(?<![A-Za-z0-9_-])(?:"
        rf"sk-{_DIGIT}[\w-]{{20}}|sk_(?:live|test)_\w{{12}}|hf_[A-Za-z0-9]{{20}}|AIza[\w-]{{35}}"
        rf"|(?:gsk|nvapi|xai|pplx|r8|fw|tvly)[_-]{_DIGIT}[\w-]{{20}}"
        r"|gh[oprsu]_[A-Za-z0-9]{30}|github_pat_\w{30}|glpat-[\w-]{20}|npm_[A-Za-z0-9]{30}"
        r"|pypi-AgE\w{20}|(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])|xox[abeoprs]-[\w-]{10})"
    ),
    "a private key": re.compile(r"-{5}BEGIN (?:[A-Z]+ ){0,4}PRIVATE KEY-{5}"),
    "an access token": re.compile(
        r"\beyJ[\w-]{10,400}\.eyJ[\w-]{10,4000}\.[\w-]{10}"
        rf"|\b[Bb]earer\s{{1,9}}{_DIGIT}[A-Za-z0-9._~+/-]{{16}}"
    ),
    "a password in a URL": re.compile(r"://[^\s/?#@:'\"]*:(?!…)[^\s/?#@'\"]+@[A-Za-z0-9\[]"),
    "a key": re.compile(
        rf"(?:(?i:api[_-]?key|access[_-]?token|secret|passw(?:or)?d|\btoken)"
        rf"|_(?:KEY|TOKEN|SECRET|PASSWORD)){_VALUE}"
    ),
}
"""What a key of a known provider looks like, and what stands where a key usually does."""

_USER = re.compile(
    r"(?<![\w.])(?:(?:/var)?/home/|(?:/mnt/[a-z])?/Users/"
    r"|[A-Za-z]:[\\/]+(?:Users|Documents and Settings)[\\/]+)"
    r"(?!(?:user|username|me|you|shared|public|runner|…)(?![\w.-]))[\w.-]*\w",
    re.IGNORECASE,
)


_IMAGE_TOKEN = re.compile(
    r"(https?://\S{1,2000}\.(?:jpe?g|png|gif|webp))\?token=[\w.-]+", re.IGNORECASE
)
"""The address of an image with a token that everybody is sent: LoCoMo's own images have such."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that must not be published."""

    what: str
    """What it is, for a sentence; a key itself is not shown."""


def know_the_environment() -> None:
    """Have every key in this process's environment, and the Hub's token, count as known."""
    hide_hub_token()
    for name, value in os.environ.items():
        if _VARIABLE.search(name):
            add_secret(value)


def find_secrets(text: str) -> Iterator[Secret]:
    """Yield what must not be published in a text: keys, users' folders, private hosts."""
    text = _IMAGE_TOKEN.sub(r"\1", text)
    found = list(_secrets_in(text))
    if "%" in text and (plain := unquote(text)) != text:
        found += _secrets_in(plain)
    yield from dict.fromkeys(found)


def _secrets_in(text: str) -> Iterator[Secret]:
    if has_secret(text):
        yield Secret("a key that this machine uses")
    for what, pattern in _KEYS.items():
        if pattern.search(text):
            yield Secret(what)
    if (user := _USER.search(text)) is not None:
        yield Secret(f"a user's folder ({user.group()})")
    for host in find_private_hosts(text):
        yield Secret(f"a host of a private network ({host})")
