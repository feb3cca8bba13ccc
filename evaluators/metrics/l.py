"""L: the mean of ROUGE-1 F1, METEOR, BERTScore F1 and SBERT cosine.

The MemLoRA paper (arXiv 2512.04763) names the four parts and gives no weights; equal weights add
no assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType
from typing import Literal, get_args

from . import meteor, rouge1
from .base import BatchMetric, Pair
from .l_settings import LSettings, Preset
from .semantics import Part, Semantics
from .value_cache import ValueCache, cache_file, cache_key

__all__ = ["open_l_metrics"]

_TITLES = {"bertscore": "BERTScore", "sbert": "SBERT"}
_PLAIN = MappingProxyType({"rouge1": rouge1.METRIC, "meteor": meteor.METRIC})
_PARTS = (*_PLAIN, *get_args(Part))
_MEMORY = 200_000  # values kept in memory, of about 150 bytes


def open_l_metrics(settings: LSettings, *, fetch: bool = False) -> dict[str, BatchMetric]:
    """Return L, BERTScore and SBERT by name; what they compute they compute once.

    Args:
        fetch: whether to download a model that is not on this machine.

    Raises:
        InputError: a model's file is damaged or another model's.
        MissingResource: a model is not on this machine and can't be fetched.
    """
    cache = ValueCache(cache_file() if settings.cache else None)
    semantics = Semantics(
        settings.preset,
        models=settings.models,
        fetch=fetch,
        threads=settings.threads,
        cache=cache,
    )
    values = _Values(semantics, cache)
    parts: tuple[Part, ...] = get_args(Part)
    return {
        "l": _L(settings.preset, values),
        **{part: _PartMetric(name=part, values=values) for part in parts},
    }


class _Values:
    """The values of L's parts, each pair's computed once."""

    def __init__(self, semantics: Semantics, cache: ValueCache) -> None:
        self._semantics = semantics
        self._cache = cache
        self._known: dict[bytes, float] = {}

    def signature(self, part: str) -> str:
        """Return the signature of a part of L."""
        plain = _PLAIN.get(part)
        return plain.signature if plain else self._semantics.signature(_semantic(part))

    def of(self, part: str, pairs: Sequence[Pair]) -> list[float]:
        """Return one part's value of each pair."""
        keys = self._keys(part, pairs)
        if len(self._known) > _MEMORY:
            self._known.clear()
        self._recall([key for key in dict.fromkeys(keys) if key not in self._known])
        missing = {
            key: pair for key, pair in zip(keys, pairs, strict=True) if key not in self._known
        }
        self._compute(part, list(missing.values()))
        return [self._known[key] for key in keys]

    def _keys(self, part: str, pairs: Sequence[Pair]) -> list[bytes]:
        tokenizer = "" if part in _PLAIN else self._semantics.files_of(_semantic(part)).tokenizer
        identity = f"{self.signature(part)}|tokenizer={tokenizer}"
        return [cache_key(identity, *pair) for pair in pairs]

    def _recall(self, keys: Sequence[bytes]) -> None:
        for key, value in self._cache.get(keys).items():
            if isinstance(value, float) and -1.001 < value < 1.001:
                self._known[key] = value

    def _compute(self, part: str, pairs: Sequence[Pair]) -> None:
        if not pairs:
            return
        made: dict[bytes, float] = {}
        for name, values in self._values(part, pairs).items():
            made.update(zip(self._keys(name, pairs), values, strict=True))
        self._known.update(made)
        self._cache.put(made)

    def _values(self, part: str, pairs: Sequence[Pair]) -> dict[str, list[float]]:
        """Return the values of a part, and of others that come with it."""
        plain = _PLAIN.get(part)
        if plain:
            return {part: plain.score_all(pairs)}
        semantic = _semantic(part)
        together = self._semantics.together(semantic)
        return dict(self._semantics.compute(together, pairs).items())


def _semantic(part: str) -> Part:
    return "bertscore" if part == "bertscore" else "sbert"


@dataclass(frozen=True, slots=True, kw_only=True)
class _PartMetric:
    """BERTScore or SBERT as a metric of its own."""

    name: str
    values: _Values
    questions: Literal["text"] = "text"
    scale: float = 1.0
    missing: float = 0.0
    lowest: float = -1.0

    @property
    def title(self) -> str:
        return _TITLES[self.name]

    @property
    def signature(self) -> str:
        return self.values.signature(self.name)

    def score_all(self, pairs: Sequence[Pair]) -> list[float]:
        return self.values.of(self.name, pairs)


class _L:
    """L as a metric."""

    name = "l"
    title = "L"
    questions: Literal["text"] = "text"
    scale = 100.0
    missing = 0.0
    lowest = -0.5  # ROUGE-1 and METEOR at 0, the cosines at -1

    def __init__(self, preset: Preset, values: _Values) -> None:
        self._values = values
        parts = "; ".join(values.signature(part) for part in _PARTS)
        self.signature = f"l:mean,preset={preset}|{parts}"

    def score_all(self, pairs: Sequence[Pair]) -> list[float]:
        parts = [self._values.of(part, pairs) for part in _PARTS]
        return [fmean(four) for four in zip(*parts, strict=True)]
