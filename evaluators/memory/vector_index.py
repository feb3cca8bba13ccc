"""Exact search by Euclidean distance: FAISS where it is installed, numpy elsewhere, same results.

Distances are computed in double precision from single-precision vectors, and of equally distant
vectors the one that came first is nearer. FAISS's `IndexFlatL2` finds candidates; because it
rounds otherwise and leaves the order of ties open, it is asked for a few more than wanted, until
the last is clearly farther away than the last one wanted.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .embedding import Vectors

__all__ = ["Backend", "VectorIndex", "default_backend"]

Backend = Literal["faiss", "numpy"]
"""What searches."""

_MORE = 8
_ROUNDING = 1e-4
"""Relative error of FAISS's squared distances that is allowed for, against the largest length."""


def default_backend() -> Backend:
    """Return `faiss` where the extra `mem0` is installed."""
    return "faiss" if find_spec("faiss") is not None else "numpy"


class VectorIndex:
    """Vectors by name, in the order of their coming; a name that is put again keeps its place."""

    def __init__(self, backend: Backend | None = None) -> None:
        self.backend: Backend = backend or default_backend()
        self._rows: dict[str, int] = {}
        self._names: list[str] = []
        self._room: Vectors = np.zeros((0, 0), np.float32)
        self._index: Any = None

    def put(self, name: str, vector: NDArray[np.float32]) -> None:
        """Add a vector of shape (dimensions,), or replace the one of that name."""
        if name not in self._rows:
            if len(self._names) == len(self._room):
                larger = np.zeros((max(64, 2 * len(self._room)), len(vector)), np.float32)
                larger[: len(self._names)] = self._room if self._names else 0
                self._room = larger
            self._rows[name] = len(self._names)
            self._names.append(name)
        self._room[self._rows[name]] = vector
        self._index = None

    def remove(self, name: str) -> None:
        """Take a vector out.

        Raises:
            KeyError: there is none of that name.
        """
        row = self._rows.pop(name)
        del self._names[row]
        self._room[row : len(self._names)] = self._room[row + 1 : len(self._names) + 1]
        self._rows = {name: row for row, name in enumerate(self._names)}
        self._index = None

    def search(self, query: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Return the names of the `k` nearest vectors with their distances, nearest first."""
        if not self._names or k < 1:
            return []
        matrix = self._room[: len(self._names)]
        k = min(k, len(matrix))
        rows = self._candidates(matrix, query, k) if self.backend == "faiss" else _all(matrix)
        distances = _distances(matrix[rows], query)
        order = np.argsort(distances, kind="stable")[:k]
        return [(self._names[int(rows[place])], float(distances[place])) for place in order]

    def _candidates(self, matrix: Vectors, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Return rows, in their order, with all that can be among the `k` nearest."""
        longest = float(np.max(np.einsum("ij,ij->i", matrix, matrix))) + float(query @ query)
        wanted = k + _MORE
        while wanted < len(matrix):
            if self._index is None:
                self._index = import_module("faiss").IndexFlatL2(matrix.shape[1])
                self._index.add(matrix)
            squares, rows = self._index.search(query[None].astype(np.float32), wanted)
            if squares[0, -1] - squares[0, k - 1] > _ROUNDING * longest:
                return np.sort(rows[0])
            wanted *= 2
        return _all(matrix)


def _all(matrix: Vectors) -> NDArray[np.int64]:
    return np.arange(len(matrix))


def _distances(matrix: Vectors, query: NDArray[np.float32]) -> NDArray[np.float64]:
    difference = matrix.astype(np.float64) - query.astype(np.float64)
    distances: NDArray[np.float64] = np.sqrt((difference * difference).sum(axis=1))
    return distances
