"""Graphiti on Kuzu: every turn is an episode in a graph of people, things and dated facts."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from adapter_support import Address, Embeddings, as_text, day, embedder_of, llm_of, quiet, watch

__all__ = ["Graphiti"]

_GROUP = "conversation"
"""The only group of a store; without a name, equal entities are not looked up."""


class Graphiti:
    """A retrieval-only adapter; each conversation has its own graph."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Open the store; the package writes only to `workdir`."""
        quiet(GRAPHITI_TELEMETRY_ENABLED="false")
        llm, embedder = llm_of(services, "extraction"), embedder_of(services)
        embed = Embeddings(embedder)
        dimensions = embed.dimensions()
        self.embedder_record = embed.record
        self._episodes: dict[str, str] = {}
        self._failures: list[Exception] = []
        self._clients = [_client(llm), _client(embedder)]
        self._driver = _driver(workdir / "kuzu")
        self._graph = _graph(self._driver, self._clients, llm, embedder, dimensions)
        watch(self._graph.llm_client, "generate_response", self._failures)
        for method in ("create", "create_batch"):
            watch(self._graph.embedder, method, self._failures)
        watch(self._driver, "execute_query", self._failures)
        self._runner = asyncio.Runner()

    def add(self, turns: Any) -> None:
        """Add each turn as an episode, one second after the last."""
        from graphiti_core.nodes import EpisodeType

        for place, turn in enumerate(turns):
            said = as_text(turn)
            if not said:
                continue
            self._failures.clear()
            added = self._runner.run(
                self._graph.add_episode(
                    name=turn.id,
                    episode_body=said,
                    source=EpisodeType.message,
                    source_description="a conversation",
                    reference_time=turn.time.replace(tzinfo=UTC) + timedelta(seconds=place),
                    group_id=_GROUP,
                )
            )
            self._raise()
            self._episodes[added.episode.uuid] = turn.id

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def search(self, query: str, k: int, now: Any) -> list[dict[str, Any]]:
        """Return facts, ranked by words and vectors, with their days and turns."""
        self._failures.clear()
        found = self._runner.run(self._graph.search(query, group_ids=[_GROUP], num_results=k))
        self._raise()
        return [{"text": _as_text(edge), "turns": self._turns(edge)} for edge in found]

    def close(self) -> None:
        """Close connections and the database."""
        for client in self._clients:
            self._runner.run(client.close())
        self._driver.client.close()
        self._driver.db.close()
        self._runner.close()

    def _turns(self, edge: Any) -> list[str]:
        """Return the turns whose episodes tell a fact."""
        return [self._episodes[name] for name in edge.episodes if name in self._episodes]

    def _raise(self) -> None:
        """Raise a failure that the package ignored."""
        if self._failures:
            raise self._failures[0]


def _client(address: Address) -> Any:
    from openai import AsyncOpenAI

    return AsyncOpenAI(
        base_url=address.base_url, api_key=address.api_key, timeout=address.timeout_s
    )


def _driver(path: Path) -> Any:
    """Return the package's driver, with its missing indexes and attribute added."""
    import kuzu
    from graphiti_core.driver.driver import GraphProvider
    from graphiti_core.driver.kuzu_driver import KuzuDriver
    from graphiti_core.graph_queries import get_fulltext_indices

    class Driver(KuzuDriver):
        """Removes wildcards from questions, because they keep the words from matching."""

        _database = _GROUP

        async def execute_query(self, cypher_query_: str, **kwargs: Any) -> Any:
            if "QUERY_FTS_INDEX" in cypher_query_:
                words = kwargs["query"].replace("?", " ").replace("*", " ").strip()
                if not words:
                    return [], None, None
                kwargs["query"] = words
            return await super().execute_query(cypher_query_, **kwargs)

    driver = Driver(str(path))
    connection = kuzu.Connection(driver.db)
    for statement in get_fulltext_indices(GraphProvider.KUZU):
        connection.execute(statement)
    connection.close()
    return driver


def _graph(
    driver: Any, clients: list[Any], llm: Address, embedder: Address, dimensions: int
) -> Any:
    from graphiti_core import Graphiti as Package
    from graphiti_core.cross_encoder.openai_reranker_client import OpenAIRerankerClient
    from graphiti_core.embedder.openai import OpenAIEmbedder, OpenAIEmbedderConfig
    from graphiti_core.llm_client.config import LLMConfig
    from graphiti_core.llm_client.openai_generic_client import OpenAIGenericClient

    asked = LLMConfig(model=llm.model, small_model=llm.model, temperature=0.0)
    embeds = OpenAIEmbedderConfig(embedding_model=embedder.model, embedding_dim=dimensions)
    return Package(
        graph_driver=driver,
        llm_client=OpenAIGenericClient(config=asked, client=clients[0]),
        embedder=OpenAIEmbedder(config=embeds, client=clients[1]),
        cross_encoder=OpenAIRerankerClient(config=asked, client=clients[0]),
    )


def _as_text(edge: Any) -> str:
    """Return a fact with its day and the days between which it was valid."""
    told = f"{day(edge.reference_time)}: " if edge.reference_time else ""
    held = [
        f"{word} {day(time)}"
        for word, time in (("from", edge.valid_at), ("until", edge.invalid_at))
        if time is not None
    ]
    return f"{told}{edge.fact}" + (f" ({' '.join(held)})" if held else "")
