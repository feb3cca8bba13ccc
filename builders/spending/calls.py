"""A build's list of calls to endpoints: one line for each request that was sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.jsonl_log import read_jsonl_log
from locomo_vqa.schemas import validate

__all__ = ["BuildCall", "read_build_calls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildCall:
    """A line of calls.jsonl in a work folder."""

    time: str
    """When the request was sent: UTC, as ISO 8601."""
    stage: str
    """`check`, `probe`, `generate` or `quality`."""
    role: str
    """`generator`, `validator` or `verifier`."""
    model: str
    """The model named in the request."""
    provider: str
    """The host and port of the endpoint."""
    outcome: str
    """`ok`, `http_error`, `unreachable` or `timeout`."""
    input_tokens: int | None
    """Tokens in, as the endpoint counts them; None if it did not say."""
    output_tokens: int | None
    """Tokens out."""
    seconds: float
    """From the request to the reply, repeated attempts included."""
    images: int
    """The number of images in the request."""

    @property
    def method(self) -> str:
        """The HTTP method, for the price."""
        return "POST"

    @property
    def cached_tokens(self) -> int | None:
        """Not known."""
        return None


def read_build_calls(path: Path) -> Iterator[BuildCall]:
    """Yield the calls of a work folder; none if it made none.

    Raises:
        InputError: the file can't be read, or a line does not match its schema.
    """
    if not path.is_file():
        return
    for number, row in read_jsonl_log(path, what="the list of calls"):
        remedy = "Restore the file as the build wrote it."
        validate(row, "build_call", path=path, place=f"line {number}", remedy=remedy)
        yield BuildCall(**row)
