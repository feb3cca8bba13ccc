"""Exact search with FAISS and without, against Python's own sorting; the lexical embedder."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import numpy as np
import pytest

from locomo_vqa.evaluators.memory.embedding import EndpointEmbedder, LexicalEmbedder
from locomo_vqa.evaluators.memory.vector_index import VectorIndex
from locomo_vqa.models.chat import ModelFailed
from locomo_vqa.models.endpoint import parse_endpoint
from tests.evaluators.stub_endpoint import stub_endpoint


def filled(backend: Any, vectors: Any) -> VectorIndex:
    nearest = VectorIndex(backend)
    for number, vector in enumerate(vectors):
        nearest.put(f"v{number}", vector)
    return nearest


def expected(vectors: Any, query: Any, k: int) -> list[str]:
    """Exact squares in double precision, summed by `fsum`; Python's sort keeps equals in order."""
    exact = [
        math.fsum((float(a) - float(b)) ** 2 for a, b in zip(vector, query, strict=True))
        for vector in vectors
    ]
    order = sorted(range(len(exact)), key=lambda number: (round(exact[number], 9), number))
    return [f"v{number}" for number in order[:k]]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpy", "faiss"])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_the_nearest_are_exact_and_of_equals_the_first_comes_first(
    backend: str, scale: float
) -> None:
    if backend == "faiss":
        pytest.importorskip("faiss", reason="the extra mem0 (faiss-cpu) is not installed")
    rng = np.random.default_rng(7)
    vectors = (scale * rng.standard_normal((300, 8))).astype(np.float32)
    vectors[150:] = vectors[rng.integers(0, 150, 150)]
    vectors[200:240] = vectors[3]
    nearest = filled(backend, vectors)
    queries = (scale * rng.standard_normal((20, 8))).astype(np.float32)
    for query in [*queries, vectors[3], vectors[77]]:
        for k in (1, 5, 30, 299, 1000):
            found = nearest.search(query, k)
            assert [name for name, _ in found] == expected(vectors, query, k)
            distances = [distance for _, distance in found]
            assert distances == sorted(distances)


def test_faiss_and_numpy_give_the_same_names_and_distances() -> None:
    pytest.importorskip("faiss", reason="the extra mem0 (faiss-cpu) is not installed")
    rng = np.random.default_rng(11)
    vectors = rng.standard_normal((500, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    both = [filled(backend, vectors) for backend in ("faiss", "numpy")]
    for number in range(0, 500, 3):
        for nearest in both:
            nearest.remove(f"v{number}")
    for number in range(1, 500, 7):
        for nearest in both:
            nearest.put(f"v{number}", vectors[-number])
    for query in rng.standard_normal((20, 32)).astype(np.float32):
        one, other = (nearest.search(query, 10) for nearest in both)
        assert one == other


@pytest.mark.parametrize("backend", ["numpy", "faiss"])
def test_an_empty_index_finds_nothing(backend: Any) -> None:
    if backend == "faiss":
        pytest.importorskip("faiss", reason="the extra mem0 (faiss-cpu) is not installed")
    nearest = VectorIndex(backend)
    assert nearest.search(np.zeros(3, np.float32), 5) == []
    nearest.put("a", np.ones(3, np.float32))
    nearest.remove("a")
    assert nearest.search(np.zeros(3, np.float32), 5) == []


def test_lexical_vectors_are_unit_bags_of_stems() -> None:
    """One of two stems shared: the cosine is 1/2, so the distance is the root of 2 - 2/2."""
    texts = ["Red kites!", "the red balloon", "a kite, red", "What is it?", "kite kite red"]
    vectors, usage = asyncio.run(LexicalEmbedder(4096).embed(texts))
    assert usage is None

    def distance(one: int, other: int) -> float:
        return float(np.linalg.norm(vectors[one] - vectors[other]))

    assert distance(0, 1) == pytest.approx(1.0, abs=1e-6)
    assert distance(0, 2) == pytest.approx(0.0, abs=1e-6)
    assert not vectors[3].any()
    double = 1 + math.log(2)
    cosine = (double + 1) / (math.sqrt(double**2 + 1) * math.sqrt(2))
    assert distance(0, 4) == pytest.approx(math.sqrt(2 - 2 * cosine), abs=1e-6)


@pytest.mark.slow
def test_an_endpoint_s_vectors_are_put_in_the_order_of_their_index() -> None:
    def respond(request: dict[str, Any]) -> tuple[int, Any]:
        rows = [{"index": n, "embedding": [n, len(t)]} for n, t in enumerate(request["input"])]
        return 200, {"data": rows[::-1], "usage": {"prompt_tokens": 5, "total_tokens": 5}}

    with stub_endpoint(respond) as endpoint:
        vectors, usage = embed(endpoint.model, [f"{'x' * (n % 7)}" for n in range(300)])
    assert vectors[:, 1].tolist() == [n % 7 for n in range(300)]
    assert [len(request["input"]) for request in endpoint.requests] == [256, 44]
    assert (usage.input_tokens, usage.calls) == (10, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        {"data": []},
        {"data": [{"index": 0, "embedding": []}]},
        {"data": [{"index": 0, "embedding": [None]}]},
        {"data": [{"index": 0, "embedding": ["NaN"]}]},
        {"error": "no"},
        [],
    ],
)
def test_an_endpoint_that_gives_no_vectors_fails(answer: Any) -> None:
    with stub_endpoint(lambda request: (200, answer)) as endpoint, pytest.raises(ModelFailed):
        embed(endpoint.model, ["a"])


def embed(model: str, texts: list[str]) -> Any:
    async def run() -> Any:
        embedder = EndpointEmbedder(parse_endpoint(model, timeout_s=200))
        try:
            return await embedder.embed(texts)
        finally:
            await embedder.close()

    return asyncio.run(run())
