"""The two parts of L that need a text encoder: BERTScore and SBERT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.errors import MissingResource

from .base import Pair
from .bertscore import Matchable, bertscore_f1, matchable
from .encoding.encoder import Encoder, Tokens
from .encoding.finding import ModelFiles, find_model, model_files
from .encoding.specs import MINILM, ROBERTA_LARGE, EncoderSpec
from .l_settings import Preset
from .sbert import LIMIT, embedding, shortened
from .value_cache import ValueCache

__all__ = ["PRESETS", "Part", "Semantics"]

Part: TypeAlias = Literal["bertscore", "sbert"]

PRESETS: Mapping[Preset, EncoderSpec] = MappingProxyType({"paper": ROBERTA_LARGE, "minilm": MINILM})

MOST_TOKENS = 65_536
"""The tokens whose states are kept at a time, which bounds memory."""


@dataclass(slots=True)
class _Encoded:
    """What was made of texts, by their tokens."""

    matchables: dict[Tokens, Matchable] = field(default_factory=dict)
    embeddings: dict[Tokens, NDArray[np.float32]] = field(default_factory=dict)


class Semantics:
    """BERTScore F1 and SBERT cosine of pairs of texts, under one preset.

    Raises:
        InputError: a model's file is damaged or another model's.
        MissingResource: a model is not on this machine and can't be fetched.
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
        spec = PRESETS[preset]
        folders = {each: _find(each, models, fetch) for each in dict.fromkeys((spec, MINILM))}
        self.files = {each: model_files(folder, cache) for each, folder in folders.items()}
        self._encoders = {
            each: Encoder(each, folder, threads=threads) for each, folder in folders.items()
        }
        self._matcher = spec

    def files_of(self, part: Part) -> ModelFiles:
        """Return the files of a part's model."""
        return self.files[self._spec(part)]

    def signature(self, part: Part) -> str:
        """Return what can change a value of that part."""
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

    def together(self, part: Part) -> tuple[Part, ...]:
        """Return the parts that are computed in one go with `part`, itself included."""
        return get_args(Part) if self._matcher is MINILM else (part,)

    def compute(self, parts: Sequence[Part], pairs: Sequence[Pair]) -> dict[Part, list[float]]:
        """Return the values of each pair; a blank text gives 0."""
        values: dict[Part, list[float]] = {part: [0.0] * len(pairs) for part in parts}
        places = [n for n, pair in enumerate(pairs) if all(text.strip() for text in pair)]
        for spec in dict.fromkeys(map(self._spec, parts)):
            own = [part for part in parts if self._spec(part) is spec]
            texts = self._encoders[spec].tokenize([text for n in places for text in pairs[n]])
            inputs = list(zip(texts[::2], texts[1::2], strict=True))
            for chosen in _chunks(inputs):
                encoded = self._encode(spec, own, [inputs[k] for k in chosen])
                for k in chosen:
                    for part in own:
                        values[part][places[k]] = _value(part, encoded, *inputs[k])
        return values

    def _spec(self, part: Part) -> EncoderSpec:
        return self._matcher if part == "bertscore" else MINILM

    def _encode(
        self, spec: EncoderSpec, parts: Sequence[Part], pairs: Sequence[tuple[Tokens, Tokens]]
    ) -> _Encoded:
        """Encode each text once; one that SBERT has to shorten is encoded for it once more."""
        whole = set(chain.from_iterable(pairs)) if "bertscore" in parts else set()
        short = set(map(shortened, chain.from_iterable(pairs))) if "sbert" in parts else set()
        inputs = sorted(whole | short)
        made = _Encoded()
        for places, states in self._encoders[spec].states(inputs):
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


def _value(part: Part, encoded: _Encoded, prediction: Tokens, gold: Tokens) -> float:
    if part == "bertscore":
        return bertscore_f1(encoded.matchables[prediction], encoded.matchables[gold])
    left, right = (encoded.embeddings[shortened(text)] for text in (prediction, gold))
    return float(left @ right)


def _chunks(pairs: Sequence[tuple[Tokens, Tokens]]) -> Iterator[list[int]]:
    """Cut pairs into runs whose different texts have at most `MOST_TOKENS` tokens."""
    chosen: list[int] = []
    seen: set[Tokens] = set()
    total = 0
    for place, pair in enumerate(pairs):
        added = sum(len(text) for text in set(pair) - seen)
        if chosen and total + added > MOST_TOKENS:
            yield chosen
            chosen, seen, total = [], set(), 0
            added = sum(len(text) for text in set(pair))
        chosen.append(place)
        seen.update(pair)
        total += added
    if chosen:
        yield chosen


def _find(spec: EncoderSpec, models: Path | None, fetch: bool) -> Path:
    try:
        return find_model(spec, models=models, fetch=fetch)
    except MissingResource as error:
        if spec is MINILM:
            raise
        raise MissingResource(
            error.message,
            f"{error.remedy} Or choose --l-preset minilm, whose values are on another scale.",
        ) from None
