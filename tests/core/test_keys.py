"""Keys are checked when they are read, and hidden wherever they come back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from locomo_vqa import keys
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_json
from locomo_vqa.jsonl_log import JsonlLog
from locomo_vqa.key_variables import read_key
from locomo_vqa.keys import KeyMask, add_secret, scrub
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.text import printable

KEY = "sk-planted/0123456789"
NAME = "openai:https://models.example/v1?model=m"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_secrets", {})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (KEY + "\r", "ends in a blank or a line break"),
        (KEY + "\n", "ends in a blank or a line break"),
        (KEY + " ", "ends in a blank or a line break"),
        (" " + KEY, "begins with a blank or has a control character"),
        (KEY + "\x1bx", "has a control character"),
        (KEY + "ключ", "not ASCII"),
    ],
)
def test_a_malformed_key_is_refused_and_not_shown(
    value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", value)
    with pytest.raises(InputError, match="OPENAI_API_KEY") as raised:
        read_key("OPENAI_API_KEY")
    assert words in raised.value.message
    assert "planted" not in str(raised.value)


def test_a_known_key_is_hidden_in_all_its_forms() -> None:
    add_secret(KEY)
    assert scrub(f"a {KEY} b sk-planted%2F0123456789 c sk-planted\\/0123456789") == "a … b … c …"
    assert printable(f"{KEY}\x1b") == "…\ufffd"
    assert KEY not in str(InputError(f"{KEY} is wrong.", f"Change {KEY}."))
    add_secret("none")
    assert scrub("none of it") == "none of it"


def test_no_file_has_a_known_key(tmp_path: Path) -> None:
    add_secret(KEY)
    write_json(tmp_path / "a.json", {"text": KEY})
    with JsonlLog(tmp_path / "b.jsonl", what="it", remedy="") as log:
        log.append({"text": f"Bearer {KEY}"})
    assert json.loads((tmp_path / "a.json").read_text()) == {"text": "…"}
    assert json.loads((tmp_path / "b.jsonl").read_text()) == {"text": "Bearer …"}


@pytest.mark.parametrize("size", [1, 2, 5, 7, 100])
def test_a_key_is_masked_in_pieces_without_changing_the_length(size: int) -> None:
    add_secret(KEY)
    whole = b"sk-pla " + KEY.encode() + b" and " + KEY.encode() + KEY.encode() + b" sk-planted"

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), size):
            yield whole[start : start + size]

    async def masked() -> bytes:
        return b"".join([piece async for piece in KeyMask().stream(pieces())])

    assert asyncio.run(masked()) == whole.replace(KEY.encode(), b"*" * len(KEY))
    assert KeyMask().headers([(b"x", b"Bearer " + KEY.encode())]) == [
        (b"x", b"Bearer " + b"*" * len(KEY))
    ]
    assert KeyMask().mask(b"data: [DONE]\n\n") == b"data: [DONE]\n\n"


def test_each_endpoint_may_have_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OTHER_KEY", "another-0123456789")
    monkeypatch.delenv("MISSING_KEY", raising=False)

    def sent(option: str) -> str:
        return parse_endpoint(NAME + option, timeout_s=1).api_key

    assert sent("") == KEY
    assert sent("&key=OTHER_KEY") == "another-0123456789"
    assert sent("&key=none") == "none"
    with pytest.raises(InputError, match="MISSING_KEY of its option key is not set"):
        sent("&key=MISSING_KEY")
    with pytest.raises(InputError) as raised:
        sent(f"&key={KEY}")
    assert "planted" not in str(raised.value)
    assert hide_credentials(f"{NAME}&key=OTHER_KEY") == f"{NAME}&key=OTHER_KEY"
    assert hide_credentials(f"{NAME}&key={KEY}") == f"{NAME}&key=…"
