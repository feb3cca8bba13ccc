"""The two parts of L that need a text encoder: BERTScore and SBERT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.errors import MissingResource

from .base import EncoderPart, Pair
from .bertscore import Matchable, bertscore_f1, matchable
from .encoding.encoder import Encoder, Tokens
from .encoding.finding import ModelFiles, find_model, model_files
from .encoding.specs import MINILM, ROBERTA_LARGE, EncoderSpec
from .l_settings import Preset
from .sbert import LIMIT, embedding, shortened
from .value_cache import ValueCache

__all__ = ["PRESETS", "Semantics"]

PRESETS: Mapping[Preset, EncoderSpec] = MappingProxyType({"paper": ROBERTA_LARGE, "minilm": MINILM})

CHUNK_TOKENS = 65_536
"""The number of tokens whose states are held at a time, which limits memory use."""


@dataclass(slots=True)
class _Encoded:
    """The encoded texts, by their tokens."""

    matchables: dict[Tokens, Matchable] = field(default_factory=dict)
    embeddings: dict[Tokens, NDArray[np.float32]] = field(default_factory=dict)


class Semantics:
    """BERTScore F1 and SBERT cosine of pairs of texts, under one preset.

    A part's encoder is located when the part is first used, so SBERT needs no RoBERTa.
    """

    def __init__(
        self,
        preset: Preset,
        *,
        models: Path | None = None,
        fetch: bool = False,
        threads: int = 1,
        cache: ValueCache,
    ) -> None:
        self._matcher = PRESETS[preset]
        self._models = models
        self._fetch = fetch
        self._threads = threads
        self._cache = cache
        self._opened: dict[EncoderSpec, tuple[ModelFiles, Encoder]] = {}

    def files_of(self, part: EncoderPart) -> ModelFiles:
        """Find and return the files of a part's model.

        Raises:
            InputError: a file is damaged, or belongs to another model.
            MissingResource: the model is not on this machine and can't be fetched.
        """
        return self._open(part)[0]

    def signature(self, part: EncoderPart) -> str:
        """Return everything that can change a value of the part."""
        weights = self.files_of(part).weights
        if part == "sbert":
            name = MINILM.repository
            parameters = f"cosine,pooling=mean,normalised,max-tokens={LIMIT}"
            equals = "sentence-transformers-6.2.0"
        else:
            name = self._matcher.repository
            parameters = f"f1,layer={self._matcher.layers},idf=no,rescaled=no,padding=none"
            equals = "bert-score-0.3.13"
        return f"{part}:{parameters},model={name},sha256={weights}|equals={equals}"

    def together(self, part: EncoderPart) -> tuple[EncoderPart, ...]:
        """Return the parts that are computed together with `part`, including itself."""
        return get_args(EncoderPart) if self._matcher is MINILM else (part,)

    def compute(
        self, parts: Sequence[EncoderPart], pairs: Sequence[Pair]
    ) -> dict[EncoderPart, list[float]]:
        """Return the values of each pair; a blank text gives 0."""
        values: dict[EncoderPart, list[float]] = {part: [0.0] * len(pairs) for part in parts}
        places = [n for n, pair in enumerate(pairs) if all(text.strip() for text in pair)]
        for spec in dict.fromkeys(map(self._spec, parts)):
            own = [part for part in parts if self._spec(part) is spec]
            texts = self._open(own[0])[1].tokenize([text for n in places for text in pairs[n]])
            inputs = list(zip(texts[::2], texts[1::2], strict=True))
            for chosen in _chunks(inputs):
                encoded = self._encode(own, [inputs[k] for k in chosen])
                for k in chosen:
                    for part in own:
                        values[part][places[k]] = _part_value(part, encoded, *inputs[k])
        return values

    def _open(self, part: EncoderPart) -> tuple[ModelFiles, Encoder]:
        """Return a part's files and its encoder, which is opened only once."""
        spec = self._spec(part)
        if spec not in self._opened:
            folder = _find_encoder(spec, self._models, fetch=self._fetch)
            files = model_files(folder, self._cache)
            self._opened[spec] = files, Encoder(spec, folder, threads=self._threads)
        return self._opened[spec]

    def _spec(self, part: EncoderPart) -> EncoderSpec:
        return self._matcher if part == "bertscore" else MINILM

    def _encode(
        self, parts: Sequence[EncoderPart], pairs: Sequence[tuple[Tokens, Tokens]]
    ) -> _Encoded:
        """Encode each text once, and again if it must be shortened for SBERT."""
        whole = set(chain.from_iterable(pairs)) if "bertscore" in parts else set()
        short = set(map(shortened, chain.from_iterable(pairs))) if "sbert" in parts else set()
        inputs = sorted(whole | short)
        made = _Encoded()
        for places, states in self._open(parts[0])[1].states(inputs):
            if "sbert" in parts:
                vectors = embedding(states)
                made.embeddings.update(
                    (inputs[place], vector) for place, vector in zip(places, vectors, strict=True)
                )
            if "bertscore" in parts:
                for place, state in zip(places, states, strict=True):
                    if inputs[place] in whole:
                        made.matchables[inputs[place]] = matchable(inputs[place], state)
        return made


def _part_value(part: EncoderPart, encoded: _Encoded, prediction: Tokens, gold: Tokens) -> float:
    if part == "bertscore":
        return bertscore_f1(encoded.matchables[prediction], encoded.matchables[gold])
    left, right = (encoded.embeddings[shortened(text)] for text in (prediction, gold))
    return float(left @ right)


def _chunks(pairs: Sequence[tuple[Tokens, Tokens]]) -> Iterator[list[int]]:
    """Split pairs into runs whose distinct texts have at most `CHUNK_TOKENS` tokens."""
    chosen: list[int] = []
    seen: set[Tokens] = set()
    total = 0
    for place, pair in enumerate(pairs):
        added = sum(len(text) for text in set(pair) - seen)
        if chosen and total + added > CHUNK_TOKENS:
            yield chosen
            chosen, seen, total = [], set(), 0
            added = sum(len(text) for text in set(pair))
        chosen.append(place)
        seen.update(pair)
        total += added
    if chosen:
        yield chosen


def _find_encoder(spec: EncoderSpec, models: Path | None, *, fetch: bool) -> Path:
    try:
        return find_model(spec, models=models, packaged=True, fetch=fetch)
    except MissingResource as error:
        if spec is MINILM:
            raise
        raise MissingResource(
            error.message,
            f"{error.remedy.rstrip('.')}; or set `l_preset` to minilm, whose values are on another "
            "scale.",
        ) from None
