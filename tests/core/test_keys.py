"""Keys are checked when they are read, and hidden wherever they come back."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import string
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

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
        (KEY + "\r\n", "ends in a blank or a line break"),
        (" " + KEY, "begins with a blank"),
        (KEY + "\x1bx", "has a control character"),
        (KEY + "ключ", "not ASCII"),
        (KEY + "\udce9", "not ASCII"),
        ("planted 0123456789", "has a blank"),
        (" \t", "is blank"),
        (f'"{KEY}"', "is in quotation marks"),
        (f"'{KEY}'", "is in quotation marks"),
        (f"Bearer {KEY}", "begins with the word Bearer"),
        (f"Authorization: bearer {KEY}", "begins with the word Bearer"),
        (f"OPENAI_API_KEY={KEY}", "begins with the name of the variable"),
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


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


@pytest.mark.parametrize(
    "shown",
    [
        KEY,
        quote(KEY, safe=""),
        quote(quote(KEY, safe=""), safe=""),
        "".join(f"%{ord(c):02X}" for c in KEY),
        "".join(f"\\u{ord(c):04x}" for c in KEY),
        "".join(f"\\u{ord(c):04X}" for c in KEY[:2]) + KEY[2:],
        json.dumps("".join(f"\\u{ord(c):04x}" for c in KEY))[1:-1],
        "".join(f"\\x{ord(c):02x}" for c in KEY),
        "".join(f"\\{ord(c):o}" for c in KEY),
        "".join(f"\\{ord(c):03o}" for c in KEY),
        KEY.replace("/", "\\/"),
        "".join(f"&#{ord(c)};" for c in KEY),
        "".join(f"&#x{ord(c):X};" for c in KEY),
        "".join(f"&amp;#{ord(c):03};" for c in KEY),
    ],
)
def test_an_escaped_key_is_hidden(shown: str) -> None:
    add_secret(KEY)
    assert scrub(f"a {shown} b") == "a … b"
    assert scrub(json.dumps({"a": shown})) == json.dumps({"a": "…"}, ensure_ascii=False)
    mask = KeyMask()
    out = b"".join(mask.mask(bytes([byte])) for byte in f"a {shown} b".encode())
    assert out + mask.mask(b"", last=True) == b"a " + b"*" * len(shown) + b" b"


def test_a_key_that_is_begun_again_is_hidden() -> None:
    add_secret(KEY)
    assert scrub(f"\\n {KEY[:20]}{KEY[:13]}{KEY} {KEY}{KEY[:-1]}") == (
        f"\\n {KEY[:20]}{KEY[:13]}… …{KEY[:-1]}"
    )


def test_a_key_of_thousands_of_characters_is_hidden_at_once() -> None:
    """Such as a signed token with many claims; one pattern for it would take seconds to make."""
    key = "".join(random.Random(7).choices(string.ascii_letters, k=4000))
    add_secret(key)
    begun = time.process_time()
    assert scrub(f"\\n {key}") == "\\n …"
    assert KeyMask().mask(f"\\n {key}".encode()) == b"\\n " + b"*" * 4000
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("before", ["", "u", "us", "user:", "Bearer "])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_a_key_in_base64_is_hidden(before: str, after: str) -> None:
    add_secret(KEY)
    for shown in (_base64(before + KEY + after), KEY.encode().hex(), KEY.encode().hex().upper()):
        left = scrub(f"said: {shown}")
        assert "…" in left
        # Of the key's own 28 letters at most those remain that it shares with other texts.
        assert len(left) <= len("said: …") + len(_base64(before)) + len(_base64(after)) + 4


def test_words_are_not_hidden() -> None:
    for word in ("whatever", "QUESTION", "Question", "20230508", "none"):
        add_secret(word)
    text = "whatever the QUESTION on 20230508, none is a Question"
    assert scrub(text) == text


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
    monkeypatch.setenv("EMPTY_KEY", "")
    monkeypatch.delenv("MISSING_KEY", raising=False)

    def sent(option: str) -> str:
        return parse_endpoint(NAME + option, timeout_s=1).api_key

    assert sent("&key=OPENAI_API_KEY") == KEY
    assert sent("&key=OTHER_KEY") == "another-0123456789"
    assert sent("&key=none") == "none"
    for name in ("MISSING_KEY", "EMPTY_KEY"):
        with pytest.raises(InputError, match=f"{name} of its option key is not set, or empty"):
            sent(f"&key={name}")
    with pytest.raises(InputError, match="must be the name of an environment variable") as raised:
        sent(f"&key={KEY}")
    assert "planted" not in str(raised.value)
    assert scrub(KEY) == "…"  # Nor will anything else show it.
    assert hide_credentials(f"{NAME}&key=OTHER_KEY") == f"{NAME}&key=OTHER_KEY"
    assert hide_credentials(f"{NAME}&key={KEY}") == f"{NAME}&key=…"
