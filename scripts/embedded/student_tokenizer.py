"""The student's tokenizer: trained on what is said about images and in conversations."""

from __future__ import annotations

import random
from itertools import chain

from tokenizers import Tokenizer

from scripts.embedded.text_model import text_samples, whole_texts
from scripts.embedded.tokenizer import (
    JSON_PIECES,
    SPECIAL,
    image_texts,
    prompt_sentences,
    train_tokenizer,
)

__all__ = ["make_student_tokenizer"]

VOCABULARY = 1800
"""Tokens before the sentences are added."""


def make_student_tokenizer(seed: int = 0) -> Tokenizer:
    """Train the tokenizer on the sample; the same seed gives the same one."""
    texts = chain(text_samples(random.Random(seed), 250), image_texts(random.Random(seed), 800))
    whole = dict.fromkeys([*prompt_sentences(), *whole_texts(), *JSON_PIECES])
    return train_tokenizer(texts, VOCABULARY, SPECIAL, list(whole))
