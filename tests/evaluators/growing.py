"""A memory whose update prompts grow: each session is sent with all that was kept before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from openai import OpenAI

from locomo_vqa.system import Answer, ConversationInfo, Services, ShownImage, ShownTurn


class Growing:
    """Asks an update after each session, and answers from all that it read."""

    version = "1"
    uses_images = False
    uses_model = True

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        assert services.llm is not None
        self._clients = {
            stage: OpenAI(base_url=found.base_url, api_key=found.api_key, max_retries=0)
            for stage in ("update", "generation")
            if (found := services.llm_for(stage)) is not None  # type: ignore[arg-type]
        }
        self._model = services.llm.model
        self._kept = ""

    def add(self, turns: Sequence[ShownTurn]) -> None:
        self._kept += "\n".join(turn.text for turn in turns)
        self._ask("update", f"Update: {self._kept}")

    def flush(self) -> None:
        pass

    def answer(self, question: str, *, now: datetime) -> Answer:
        return Answer(text=self._ask("generation", f"{question} From: {self._kept[:400]}"))

    def answer_visual(
        self, question: str, *, image: ShownImage | None, now: datetime, recalled: object = None
    ) -> Answer:
        return self.answer(question, now=now)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _ask(self, stage: str, text: str) -> str:
        reply = self._clients[stage].chat.completions.create(
            model=self._model, messages=[{"role": "user", "content": text}], max_tokens=20
        )
        return reply.choices[0].message.content or ""


class Swallowing(Growing):
    """The same, but it takes no notice of calls that fail."""

    def _ask(self, stage: str, text: str) -> str:
        try:
            return super()._ask(stage, text)
        except Exception:  # noqa: BLE001 - that is what it is for
            return "nothing"
