"""Objects that a `with` block closes at its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

__all__ = ["Closable"]


class Closable(ABC):
    """Something that is closed when a `with` block ends, whether or not it raised."""

    @abstractmethod
    def close(self) -> None:
        """Release files, connections and locks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
