"""A base class for objects that a `with` block closes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

__all__ = ["Closable"]


class Closable(ABC):
    """An object that is closed when its `with` block ends, even after an exception."""

    @abstractmethod
    def close(self) -> None:
        """Release files, connections and locks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
