"""Helpers for the adapters: an endpoint's addresses, embeddings, and turns as text.

They need only Python 3.9 and its standard library: the toolkit is not in these environments.
"""

from __future__ import annotations

import base64
import functools
import inspect
import itertools
import json
import os
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

__all__ = [
    "Address",
    "Embeddings",
    "Origins",
    "as_text",
    "data_uri",
    "day",
    "embedder_of",
    "llm_of",
    "number_ids",
    "quiet",
    "watch",
]


class Address(NamedTuple):
    """A model behind an OpenAI-compatible endpoint."""

    base_url: str
    """The address up to and including `/v1`."""
    model: str
    api_key: str
    timeout_s: float


def quiet(**variables: str) -> None:
    """Set variables before a package is imported, and exempt this machine from HTTP proxies."""
    local = "127.0.0.1,localhost"
    for name in ("NO_PROXY", "no_proxy"):
        known = os.environ.get(name)
        os.environ[name] = f"{known},{local}" if known else local
    os.environ.update(DO_NOT_TRACK="1", **variables)


def watch(part: Any, method: str, failures: list[Exception]) -> None:
    """Add exceptions from a method of `part` to `failures`, even if the package ignores them."""
    call = getattr(part, method)

    @functools.wraps(call)
    def watched(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except Exception as error:
            failures.append(error)
            raise

    @functools.wraps(call)
    async def watched_later(*args: Any, **kwargs: Any) -> Any:
        try:
            return await call(*args, **kwargs)
        except Exception as error:
            failures.append(error)
            raise

    setattr(part, method, watched_later if inspect.iscoroutinefunction(call) else watched)


class _NumberedIds:
    """Replaces the module `uuid` in a package: its random ids are numbered instead."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._numbers = itertools.count(1)

    def __getattr__(self, name: str) -> Any:
        return getattr(uuid, name)

    def uuid4(self) -> uuid.UUID:
        """Return the next id, which depends only on the seed and on how many came before."""
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{self._seed}/{next(self._numbers)}")


def number_ids(conversation: str, *modules: Any) -> Callable[[], None]:
    """Return a function that makes the random ids of modules repeatable from then on.

    Ids that a package puts into its prompts would otherwise differ from run to run, and no recorded
    reply would be found for them. Call the function before each work of the package, because
    several conversations may share its modules.

    Args:
        conversation: the conversation's id, from which the ids are derived.
        modules: modules that `import uuid` and call `uuid.uuid4`.
    """
    ids = [_NumberedIds(f"{conversation}/{module.__name__}") for module in modules]

    def use() -> None:
        for place, module in enumerate(modules):
            module.uuid = ids[place]

    return use


def llm_of(services: Any, stage: str = "llm") -> Address:
    """Return the run's endpoint, for calls that are counted under a stage.

    Raises:
        RuntimeError: the run's model is not an endpoint.
    """
    llm = services.llm_for(stage)
    if llm is None:
        raise RuntimeError("this system needs a model of the form openai:<base URL>?model=<name>")
    return Address(llm.base_url, llm.model, llm.api_key, llm.timeout_s)


def embedder_of(services: Any) -> Address:
    """Return the embedding model named by the option `embedder`.

    The option is the name of a model at the run's endpoint, or another address:
    `openai:<base URL>?model=<name>`, with the key in LOCOMO_VQA_EMBEDDER_KEY.

    Raises:
        RuntimeError: the option or the endpoint is missing.
    """
    named = services.options.get("embedder", "")
    if not named:
        raise RuntimeError("this system embeds texts: it needs the option embedder=<model>")
    if not named.startswith("openai:"):
        return llm_of(services, "embedding")._replace(model=named)
    parts = urlsplit(named[len("openai:") :])
    model = parse_qs(parts.query).get("model", [""])[0]
    if not parts.hostname or not model:
        raise RuntimeError(f"embedder={named}: write openai:<base URL>?model=<name>")
    key = os.environ.get("LOCOMO_VQA_EMBEDDER_KEY", "none")
    return Address(parts._replace(query="").geturl(), model, key, 120.0)


_MOST_BYTES = 32 << 20


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the key is for the embedder's own address."""

    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


class Embeddings:
    """Embeds texts with `/v1/embeddings`."""

    def __init__(self, address: Address) -> None:
        self.failure: Exception | None = None
        """The last failure, for packages that ignore it."""
        self.record = {"name": address.model}
        """The embedder's name, and the `model` that its server named, for `embedder_record`."""
        self._address = address
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())

    def __call__(self, texts: list[str]) -> list[list[float]]:
        """Return a vector for each text.

        Raises:
            RuntimeError: the endpoint returned no vectors.
        """
        try:
            return self._ask(texts)
        except RuntimeError as error:
            self.failure = error
            raise

    def dimensions(self) -> int:
        """Return the number of dimensions of the vectors."""
        return len(self(["How long is this?"])[0])

    def _ask(self, texts: list[str]) -> list[list[float]]:
        address = self._address
        body = {"model": address.model, "input": list(texts), "encoding_format": "float"}
        request = urllib.request.Request(
            f"{address.base_url}/embeddings",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {address.api_key}"},
        )
        try:
            with self._opener.open(request, timeout=address.timeout_s) as reply:
                content = reply.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise RuntimeError("the embedder's reply is larger than 32 MiB")
            document = json.loads(content)
            data, answered = document["data"], document.get("model")
            vectors = [row["embedding"] for row in sorted(data, key=lambda row: row["index"])]
        except urllib.error.HTTPError as error:
            words = error.read(500).decode("utf-8", "replace")
            raise RuntimeError(f"the embedder replied {error.code}: {words}") from None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise RuntimeError(f"the embedder gave no vectors: {error!r}") from None
        if len(vectors) != len(texts) or not all(vectors):
            raise RuntimeError(f"the embedder gave {len(vectors)} vectors for {len(texts)} texts")
        if isinstance(answered, str) and answered:
            self.record = {"name": address.model, "model": answered}
        return vectors


class Origins:
    """Which turns each memory comes from, for packages that don't keep it."""

    def __init__(self) -> None:
        self._turns: dict[str, dict[str, None]] = {}

    def add(self, memory: str, turns: Any) -> None:
        """Note that a memory was added or changed when these turns were read."""
        self._turns.setdefault(memory, {}).update((turn.id, None) for turn in turns)

    def of(self, memory: str) -> list[str]:
        """Return the ids of the turns that a memory comes from, in the order of reading."""
        return list(self._turns.get(memory, ()))


def day(time: datetime) -> str:
    """Return the day of a time in words, such as `8 May 2023`."""
    return f"{time.day} {time:%B %Y}"


def as_text(turn: Any) -> str:
    """Return the speaker and the text of a turn, with the captions of its images."""
    said = [turn.text.strip()] if turn.text.strip() else []
    said += [f"[shares a picture: {image.caption}]" for image in turn.images if image.caption]
    return f"{turn.speaker}: {' '.join(said)}" if said else ""


def data_uri(image: Any) -> str:
    """Return an image as a data URI."""
    data = base64.b64encode(Path(image.path).read_bytes()).decode("ascii")
    return f"data:{image.media_type or 'image/png'};base64,{data}"
