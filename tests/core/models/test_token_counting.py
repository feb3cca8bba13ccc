"""Counting tokens: by the rule, worked out by hand, and with a model's own tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from locomo_vqa.files import sha256_file
from locomo_vqa.models import embedded
from locomo_vqa.models.token_counting import (
    BYTES_RULE,
    open_counter,
    tokenizer_of,
    tokenizer_sha256,
)

TEXT_LARGE = Path(embedded.__file__).parent / "text-large" / "tokenizer.json"
SENTENCE = "8 May 2023, Zoë: naïve café, über 12,345 – 東京!"


@pytest.mark.parametrize(
    ("text", "tokens", "ends"),
    [
        ("", 0, []),
        ("abcd", 1, [4]),
        ("abcde", 2, [4, 5]),
        ("ééé", 2, [2, 3]),  # Two bytes each.
        ("ab東c", 2, [2, 4]),  # Bytes 3 to 5 are one character, and bytes 4 and 5 are apart.
    ],
)
def test_four_bytes_are_a_token(text: str, tokens: int, ends: list[int]) -> None:
    counter = open_counter(BYTES_RULE)
    assert (counter.count(text), counter.ends(text)) == (tokens, ends)


def test_a_models_own_tokenizer_counts() -> None:
    known = Tokenizer.from_file(str(TEXT_LARGE)).encode(SENTENCE, add_special_tokens=False)
    counter = open_counter("embedded:text-large")
    assert counter.count(SENTENCE) == len(known.ids) > 10
    assert counter.ends(SENTENCE)[-1] == len(SENTENCE)
    assert tokenizer_sha256("embedded:text-large") == sha256_file(TEXT_LARGE)


def test_the_rule_counts_where_the_tokenizer_is_elsewhere(tmp_path: Path) -> None:
    assert tokenizer_of("openai:http://127.0.0.1:9/v1?model=gpt-4o") == BYTES_RULE
    assert tokenizer_of(f"transformers:{tmp_path}") == BYTES_RULE
    assert tokenizer_of("lmdeploy:nowhere/at-all?tp=2") == BYTES_RULE
    assert tokenizer_sha256(BYTES_RULE) is None


def test_a_folder_has_its_own_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes(TEXT_LARGE.read_bytes())
    name = tokenizer_of(f"transformers:{tmp_path}?batch=4")
    assert name == f"transformers:{tmp_path}"
    assert open_counter(name).count(SENTENCE) == open_counter("embedded:text-large").count(SENTENCE)
