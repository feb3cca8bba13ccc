"""What L, BERTScore and SBERT share: their encoders, and the values computed so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType
from typing import get_args

from . import meteor, rouge1
from .base import BatchMetric, DescribedMetric, EncoderPart, Pair
from .l_settings import LSettings
from .semantics import Semantics
from .value_cache import ValueCache, cache_file, cache_key

__all__ = ["L_PARTS", "EncodedMetric", "LParts"]

_PLAIN = MappingProxyType({"rouge1": rouge1.METRIC, "meteor": meteor.METRIC})

L_PARTS = (*_PLAIN, *get_args(EncoderPart))
"""The four parts of L, in the order of its signature."""

_MEMORY = 200_000  # values kept in memory, of about 150 bytes


class LParts:
    """The values of L's parts: each is computed once, with encoders opened on demand."""

    def __init__(self, settings: LSettings, *, fetch: bool = False) -> None:
        self.settings = settings
        self._cache = ValueCache(cache_file() if settings.cache else None)
        self._semantics = Semantics(
            settings.preset,
            models=settings.models,
            fetch=fetch,
            threads=settings.threads,
            cache=self._cache,
        )
        self._known: dict[bytes, float] = {}

    def signature(self, part: str) -> str:
        """Return the signature of a part of L.

        Raises:
            InputError: a file of the part's encoder is damaged.
            MissingResource: the part's encoder is not on this machine.
        """
        plain = _PLAIN.get(part)
        return plain.signature if plain else self._semantics.signature(_as_encoder_part(part))

    def as_metric(self, part: EncoderPart) -> BatchMetric:
        """Return BERTScore or SBERT as a separate metric.

        Raises:
            InputError: a file of its encoder is damaged.
            MissingResource: its encoder is not on this machine.
        """
        signature = self.signature(part)
        return EncodedMetric(name=part, signature=signature, values=self, parts=(part,))

    def of(self, part: str, pairs: Sequence[Pair]) -> list[float]:
        """Return a part's value for each pair."""
        keys = self._cache_keys(part, pairs)
        if len(self._known) > _MEMORY:
            self._known.clear()
        self._recall_cached([key for key in dict.fromkeys(keys) if key not in self._known])
        missing = {
            key: pair for key, pair in zip(keys, pairs, strict=True) if key not in self._known
        }
        self._compute(part, list(missing.values()))
        return [self._known[key] for key in keys]

    def _cache_keys(self, part: str, pairs: Sequence[Pair]) -> list[bytes]:
        tokenizer = (
            "" if part in _PLAIN else self._semantics.files_of(_as_encoder_part(part)).tokenizer
        )
        identity = f"{self.signature(part)}|tokenizer={tokenizer}"
        return [cache_key(identity, *pair) for pair in pairs]

    def _recall_cached(self, keys: Sequence[bytes]) -> None:
        for key, value in self._cache.get(keys).items():
            if isinstance(value, float) and -1.001 < value < 1.001:
                self._known[key] = value

    def _compute(self, part: str, pairs: Sequence[Pair]) -> None:
        if not pairs:
            return
        made: dict[bytes, float] = {}
        for name, values in self._values(part, pairs).items():
            made.update(zip(self._cache_keys(name, pairs), values, strict=True))
        self._known.update(made)
        self._cache.put(made)

    def _values(self, part: str, pairs: Sequence[Pair]) -> dict[str, list[float]]:
        """Return the values of a part, and of any other parts computed with it."""
        plain = _PLAIN.get(part)
        if plain:
            return {part: plain.score_all(pairs)}
        semantic = _as_encoder_part(part)
        together = self._semantics.together(semantic)
        return dict(self._semantics.compute(together, pairs).items())


def _as_encoder_part(part: str) -> EncoderPart:
    return "bertscore" if part == "bertscore" else "sbert"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedMetric(DescribedMetric):
    """L, or a part of it, as a metric: the mean of the parts' values."""

    name: str
    signature: str
    values: LParts
    parts: Sequence[str]
    missing: float = 0.0

    def score_all(self, pairs: Sequence[Pair]) -> list[float]:
        columns = [self.values.of(part, pairs) for part in self.parts]
        return [fmean(values) for values in zip(*columns, strict=True)]
