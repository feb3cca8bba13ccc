"""Exact search by Euclidean distance, with FAISS if it is installed, otherwise with NumPy.

Both give the same results. Distances are computed in double precision from single-precision
vectors; ties go to the vector that was added first. FAISS's `IndexFlatL2` only finds candidates:
it rounds differently and leaves the order of ties open, so it is asked for more vectors, until the
last one is clearly farther away than the `k`-th.
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
"""The library that does the search."""

_EXTRA = 8
_ROUNDING = 1e-4
"""The assumed error of FAISS's squared distances, relative to the largest squared length."""


def default_backend() -> Backend:
    """Return `faiss` if the extra `mem0` is installed, otherwise `numpy`."""
    return "faiss" if find_spec("faiss") is not None else "numpy"


class VectorIndex:
    """Vectors by name, in the order in which they were added; a replaced one keeps its position."""

    def __init__(self, backend: Backend | None = None) -> None:
        self.backend: Backend = backend or default_backend()
        self._rows: dict[str, int] = {}
        self._names: list[str] = []
        self._matrix: Vectors = np.zeros((0, 0), np.float32)
        self._index: Any = None

    def put(self, name: str, vector: NDArray[np.float32]) -> None:
        """Add a vector of shape (dimensions,), or replace the one with this name."""
        if name not in self._rows:
            if len(self._names) == len(self._matrix):
                larger = np.zeros((max(64, 2 * len(self._matrix)), len(vector)), np.float32)
                larger[: len(self._names)] = self._matrix if self._names else 0
                self._matrix = larger
            self._rows[name] = len(self._names)
            self._names.append(name)
        self._matrix[self._rows[name]] = vector
        self._index = None

    def remove(self, name: str) -> None:
        """Remove a vector.

        Raises:
            KeyError: no vector has this name.
        """
        row = self._rows.pop(name)
        del self._names[row]
        self._matrix[row : len(self._names)] = self._matrix[row + 1 : len(self._names) + 1]
        self._rows = {name: row for row, name in enumerate(self._names)}
        self._index = None

    def search(self, query: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Return the names and distances of the `k` nearest vectors, nearest first."""
        if not self._names or k < 1:
            return []
        matrix = self._matrix[: len(self._names)]
        k = min(k, len(matrix))
        rows = self._candidates(matrix, query, k) if self.backend == "faiss" else _every_row(matrix)
        distances = _distances(matrix[rows], query)
        order = np.argsort(distances, kind="stable")[:k]
        return [(self._names[int(rows[i])], float(distances[i])) for i in order]

    def _candidates(self, matrix: Vectors, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Return the rows, in order, that may be among the `k` nearest."""
        largest = float(np.max(np.einsum("ij,ij->i", matrix, matrix))) + float(query @ query)
        wanted = k + _EXTRA
        while wanted < len(matrix):
            if self._index is None:
                self._index = import_module("faiss").IndexFlatL2(matrix.shape[1])
                self._index.add(matrix)
            squares, rows = self._index.search(query[None].astype(np.float32), wanted)
            if squares[0, -1] - squares[0, k - 1] > _ROUNDING * largest:
                return np.sort(rows[0])
            wanted *= 2
        return _every_row(matrix)


def _every_row(matrix: Vectors) -> NDArray[np.int64]:
    return np.arange(len(matrix))


def _distances(matrix: Vectors, query: NDArray[np.float32]) -> NDArray[np.float64]:
    difference = matrix.astype(np.float64) - query.astype(np.float64)
    distances: NDArray[np.float64] = np.sqrt((difference * difference).sum(axis=1))
    return distances
