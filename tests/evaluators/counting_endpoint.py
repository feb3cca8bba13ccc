"""A stub endpoint that counts tokens as its replies' usage says: it knows no language model.

A token is four bytes of text, and an image is 85 tokens, so what a run costs can be worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .stub_endpoint import StubEndpoint, completion, stub_endpoint

IMAGE_TOKENS = 85
INPUT, OUTPUT = 2.0, 10.0
"""The prices that `write_prices` sets, in US dollars for a million tokens."""


def tokens_of(body: dict[str, Any]) -> int:
    """Return the tokens of a request."""
    total = 0
    for message in body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in parts:
            total += len(part["text"].encode()) // 4 if "text" in part else IMAGE_TOKENS
    return total


def counting(say: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], tuple[int, Any]]:
    """Return what the stub does with a request: say something, and count."""

    def respond(body: dict[str, Any]) -> tuple[int, Any]:
        text = say(body)
        status, answer = completion(text)
        sent, came = tokens_of(body), max(1, len(text.encode()) // 4)
        usage = {"prompt_tokens": sent, "completion_tokens": came, "total_tokens": sent + came}
        return status, {**answer, "usage": usage}

    return respond


@contextmanager
def counting_endpoint(
    say: Callable[[dict[str, Any]], str] = lambda body: "blue",
) -> Iterator[StubEndpoint]:
    """Serve the stub until the block ends."""
    with stub_endpoint(counting(say)) as endpoint:
        yield endpoint


def write_prices(folder: Path, endpoint: StubEndpoint, model: str = "stub") -> Path:
    """Write a table with the endpoint's price, and return its path."""
    path = folder / "prices.toml"
    path.write_text(
        f'schema_version = 1\n[[price]]\nmodels = ["{model}"]\nhost = "{endpoint.url[7:]}"\n'
        f"since = 2026-01-01\ninput = {INPUT}\noutput = {OUTPUT}\n"
    )
    return path


def cost_of(sent: int, came: int) -> float:
    """Return the price of tokens."""
    return (sent * INPUT + came * OUTPUT) / 1e6
