"""Hindsight's engine: facts with times are extracted from a session, with one call per chunk.

It brings its own Postgres, which listens on 127.0.0.1 and runs as long as the conversation.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
from datetime import datetime
from pathlib import Path
from typing import Any

from adapter_support import as_text, day, embedder_of, llm_of, quiet

__all__ = ["Hindsight"]

_BANK = "conversation"
_PREFIX = "HINDSIGHT_API_"
_POSTGRES = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    "max_connections": "30",
    "max_parallel_workers_per_gather": "0",
    "logging_collector": "off",
    # Nothing is written between calls, so files don't change after `flush`.
    "autovacuum": "off",
    "checkpoint_timeout": "1d",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_STARTS = 3
"""How often to try to start Postgres, because another process may take the port first."""


class Hindsight:
    """A retrieval-only adapter; each conversation has its own Postgres."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Start Postgres and the engine, which write only to `workdir`.

        Raises:
            RuntimeError: the run was started as root.
        """
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            raise RuntimeError(
                "hindsight's Postgres refuses to run as root: start the run as another user"
            )
        self._sees = conversation.images == "pixels"
        self._told = "A conversation between " + " and ".join(conversation.speakers)
        self._home = workdir / "home"
        self._home.mkdir()
        for name in [name for name in os.environ if name.startswith(_PREFIX)]:
            del os.environ[name]
        quiet(HOME=str(self._home), **_settings(services, sees=self._sees))
        self.embedder_record = {"name": embedder_of(services).model}
        from hindsight_api import MemoryEngine
        from hindsight_api.engine.task_backend import SyncTaskBackend
        from hindsight_api.models import RequestContext

        self._postgres, self._address = _started(workdir / "postgres")
        self._asked = RequestContext()
        self._runner = asyncio.Runner()
        # Tasks run immediately, not in the background.
        self._engine = MemoryEngine(
            db_url=self._address, pool_min_size=1, pool_max_size=12, task_backend=SyncTaskBackend()
        )
        self._runner.run(self._engine.initialize())

    def add(self, turns: Any) -> None:
        """Read a session as one document with its day and its images."""
        blocks = [block for turn in turns for block in self._blocks(turn)]
        if blocks:
            first = turns[0]
            self._runner.run(self._retain(f"session-{first.session}", blocks, first.time))

    def flush(self) -> None:
        """Let Postgres write its data; the engine has no pending work."""
        self._runner.run(self._settle())

    def search(self, query: str, k: int, now: Any) -> list[dict[str, Any]]:
        """Return facts, each with its day, in the engine's order."""
        return self._runner.run(self._recall(query, k, now))

    def close(self) -> None:
        """Stop the engine, then Postgres, whose programs are deleted."""
        try:
            self._runner.run(self._engine.close())
            self._runner.close()
        finally:
            self._postgres.stop()
            shutil.rmtree(self._home / ".pg0" / "installation", ignore_errors=True)

    def _blocks(self, turn: Any) -> list[Any]:
        """Return the text and the images of a turn."""
        from hindsight_api.engine.retain.attachment_content import (
            RetainAttachment,
            RetainText,
            compute_attachment_hash,
        )

        seen = [image for image in turn.images if self._sees and image.path is not None]
        text = as_text(turn) or (f"{turn.speaker}:" if seen else "")
        if seen:
            text = f"{text} [shares a picture, shown next]"
        blocks: list[Any] = [RetainText(f"{text}\n")] if text else []
        for image in seen:
            data = Path(image.path).read_bytes()
            digest, kind = compute_attachment_hash(data), image.media_type or "image/png"
            blocks.append(RetainAttachment(digest, kind, data, block_index=len(blocks)))
        return blocks

    async def _retain(self, document: str, blocks: list[Any], time: datetime) -> None:
        from hindsight_api.engine.retain.attachment_content import canonicalize

        content = canonicalize(blocks)
        if content.attachments:
            images = {document: content.attachments}
            await self._engine.store_retain_attachments(_BANK, images, self._asked)
        item = {
            "content": content.text,
            "context": self._told,
            "event_date": time,
            "document_id": document,
        }
        await self._engine.retain_batch_async(_BANK, [item], request_context=self._asked)

    async def _settle(self) -> None:
        await self._engine.wait_for_background_tasks()
        async with (await self._engine._get_backend()).acquire() as connection:
            await connection.execute("ANALYZE")
            await connection.execute("VACUUM (FREEZE)")  # Last, so that statistics are included.
            await self._greet()
            await connection.execute("CHECKPOINT")

    async def _greet(self) -> None:
        """Connect again, because the first connection after a vacuum writes a list of tables."""
        import asyncpg

        connection = await asyncpg.connect(self._address)
        await connection.close()

    async def _recall(self, query: str, k: int, now: datetime) -> list[dict[str, Any]]:
        found = await self._engine.recall_async(
            _BANK,
            query,
            fact_type=["world", "experience"],
            max_tokens=max(4096, 200 * k),
            question_date=now,
            request_context=self._asked,
        )
        return [_as_hit(fact) for fact in found.results[:k]]


def _settings(services: Any, *, sees: bool) -> dict[str, str]:
    """Return the package's variables: the endpoints, and no downloads or telemetry."""
    llm, embedder = llm_of(services, "extraction"), embedder_of(services)
    settings = {
        "llm_provider": "openai",
        "llm_model": llm.model,
        "llm_base_url": llm.base_url,
        "llm_api_key": llm.api_key,
        "llm_timeout": f"{llm.timeout_s:g}",
        "llm_temperature": "0.0",
        "llm_vision": str(sees).lower(),
        "llm_trace_enabled": "false",
        "skip_llm_verification": "true",
        "retain_max_completion_tokens": "8192",  # Many servers allow less than 64,000.
        "embeddings_provider": "openai",
        "embeddings_openai_model": embedder.model,
        "embeddings_openai_base_url": embedder.base_url,
        "embeddings_openai_api_key": embedder.api_key,
        "reranker_provider": "rrf",
        "enable_observations": "false",
        "otel_traces_enabled": "false",
        "log_level": "warning",
    }
    return {_PREFIX + name.upper(): value for name, value in settings.items()}


def _started(folder: Path) -> tuple[Any, str]:
    """Start Postgres in a folder, on a port of 127.0.0.1, and return it and its address."""
    from pg0 import Pg0, Pg0Error

    password = secrets.token_hex(16)
    for left in reversed(range(_STARTS)):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        postgres = Pg0(_BANK, port, "hindsight", password, "hindsight", str(folder), _POSTGRES)
        try:
            postgres.start()
            break
        except Pg0Error:
            if not left:
                raise
    return postgres, f"postgresql://hindsight:{password}@127.0.0.1:{port}/hindsight"


def _as_hit(fact: Any) -> dict[str, Any]:
    """Return a fact as a passage that begins with its day, with its session."""
    mentioned, happened = _day(fact.mentioned_at), _day(fact.occurred_start)
    when = f" (on {happened})" if happened and happened != mentioned else ""
    text = f"{mentioned}: {fact.text}{when}" if mentioned else f"{fact.text}{when}"
    session = (fact.document_id or "").rpartition("-")[2]
    return {"text": text, "sessions": [int(session)] if session.isdecimal() else []}


def _day(time: str | None) -> str:
    return day(datetime.fromisoformat(time.replace("Z", "+00:00"))) if time else ""
