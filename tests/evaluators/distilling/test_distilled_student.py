"""A trained adapter through the system `duomem`, with and without the teacher's memories."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.distilling.adapter_check import check_adapter
from locomo_vqa.evaluators.distilling.examples import Example
from locomo_vqa.evaluators.distilling.lora_fit import fit_lora
from locomo_vqa.evaluators.distilling.lora_settings import LoraSettings
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.running.system_options import lend_options
from locomo_vqa.evaluators.running.view import ConversationView
from locomo_vqa.evaluators.systems.duomem.system import DuoMem
from locomo_vqa.files import read_json, sha256_file
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed
from locomo_vqa.models.experts_local import ExpertsModel
from locomo_vqa.models.names import parse_name
from locomo_vqa.responses import ResponseStore
from locomo_vqa.runs import Usage
from locomo_vqa.system import Services
from tests.evaluators.systems.duomem.folders import write_folder

pytestmark = pytest.mark.filterwarnings("ignore")

SAMPLE = load_benchmark("sample")
CONVERSATION = next(c for c in SAMPLE.conversations if c.split == "validation")
SHOWING = ConversationView(SAMPLE, CONVERSATION, "pixels")
LEARNED = {"The kite is red.": "red", "The boat is old.": "old", "The tea was hot.": "hot"}
NEAREST = {"What of the kite?": "red", "What of the boat?": "old", "What of the tea?": "hot"}


@dataclass(frozen=True)
class Distilled:
    """A student, and what it was given."""

    base: Path
    adapter: Path
    memories: Path

    @property
    def model(self) -> str:
        return f"transformers:{self.base}?threads=1&dtype=float32"

    def lend(self, *spaces: str) -> Services:
        """Return what a run would lend with these spaces on."""
        given = {space: str(getattr(self, space)) for space in spaces}
        options = {**given, "top_k": "1", "window": "12", "reply_tokens": "6", "tries": "1"}
        return lend_options(Services(model=self.model), load_system("duomem"), options)


def learned_examples() -> list[Example]:
    """Return what the student learns."""
    return [
        Example(
            prompt=f"- {memory}\nQuestion: {question}\n"
            "Answer from these memories in as few words as possible:",
            reply=LEARNED[memory],
        )
        for memory, question in zip(LEARNED, NEAREST, strict=True)
    ]


@pytest.fixture(scope="session")
def distilled(qwen2: Path, tmp_path_factory: pytest.TempPathFactory) -> Distilled:
    """A student that learned a few answers by heart."""
    folder = tmp_path_factory.mktemp("distilled")
    examples = learned_examples()
    settings = LoraSettings(
        rank=8, alpha=16, dropout=0.0, learning_rate=0.01, epochs=60, patience=60, batch=3
    )
    base = parse_name(f"transformers:{qwen2}?threads=1")
    fit_lora(base, examples, examples, settings, folder / "adapter", progress=lambda *_: None)
    memories = write_folder(folder / "memories", {CONVERSATION.id: list(LEARNED)}, [CONVERSATION])
    return Distilled(qwen2, folder / "adapter", memories)


def answers(services: Services, workdir: Path) -> dict[str, str]:
    """Return the reply of a system that has read the conversation."""
    system = DuoMem()
    workdir.mkdir()
    system.open(SHOWING.info, workdir, services)
    for session in SHOWING.sessions():
        system.add(session)
    system.flush()
    said = {question: system.answer(question, now=SHOWING.now).text for question in NEAREST}
    system.close()
    return said


@pytest.mark.slow
def test_both_spaces_together_give_the_teachers_answers(
    distilled: Distilled, tmp_path: Path
) -> None:
    services = distilled.lend("memories", "adapter")
    assert answers(services, tmp_path / "both") == NEAREST
    plain = answers(distilled.lend("memories"), tmp_path / "memories")
    assert all(plain[question] != answer for question, answer in NEAREST.items())
    recorded = read_json(tmp_path / "both" / "duomem.json", what="it")
    assert recorded["student"]["experts"] == {"generation": services.options["adapter_sha256"]}
    assert recorded["memories_sha256"] == sha256_file(distilled.memories / "manifest.json")
    assert set(services.options) >= {"memories_sha256", "teacher", "adapter_sha256"}
    assert "adapter_sha256" not in distilled.lend("memories").options


@pytest.mark.slow
def test_the_adapter_alone_answers_from_the_students_own_memories(
    distilled: Distilled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def reply(text: str) -> ChatReply:
        return ChatReply(text=text, finish="stop", usage=Usage(calls=1))

    async def ask(self: ExpertsModel, request: ChatRequest) -> ChatReply:
        asked.append(("base", request.text.split()[0]))
        if request.text.startswith("Note"):
            return reply('{"facts": ["The tea was mine."]}')
        return reply('{"memory": [{"id": "0", "event": "ADD", "text": "The tea was mine."}]}')

    async def ask_expert(self: ExpertsModel, name: str, request: ChatRequest) -> ChatReply:
        asked.append((name, request.text.split("\n")[0]))
        return reply("mine")

    monkeypatch.setattr(ExpertsModel, "ask", ask)
    monkeypatch.setattr(ExpertsModel, "ask_expert", ask_expert)
    said = answers(distilled.lend("adapter"), tmp_path / "adapter")
    assert set(said.values()) == {"mine"}
    assert {who for who, what in asked if what in ("Note", "Memories")} == {"base"}
    assert [each for each in asked if each[0] != "base"] == [
        ("generation", "- The tea was mine.")
    ] * len(NEAREST)


@pytest.mark.slow
def test_the_base_model_replies_as_without_an_adapter(distilled: Distilled, tmp_path: Path) -> None:
    """What is asked of the student itself must not pass through the adapter."""
    import asyncio

    from locomo_vqa.evaluators.systems.duomem.settings import named_adapter
    from locomo_vqa.models.transformers_local import TransformersModel

    adapter = named_adapter({"adapter": str(distilled.adapter)})
    assert adapter is not None
    request = ChatRequest(text="Note what is worth remembering.", max_tokens=8)

    async def ask() -> tuple[str, str]:
        with_adapter = ExpertsModel(parse_name(distilled.model), [adapter])
        plain = TransformersModel(parse_name(distilled.model))
        texts = (await with_adapter.ask(request)).text, (await plain.ask(request)).text
        await with_adapter.close()
        await plain.close()
        return texts

    one, other = asyncio.run(ask())
    assert one == other


@pytest.mark.slow
def test_the_adapter_is_compared_with_the_student_alone(
    distilled: Distilled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress: list[tuple[str, int, int]] = []
    args = (parse_name(distilled.model), distilled.adapter, learned_examples())
    with ResponseStore(tmp_path / "responses.sqlite") as store:
        figures = check_adapter(*args, store, progress=lambda *each: progress.append(each))
        assert figures["questions"] == 3
        assert figures["adapter"] == {"f1": 1.0, "contains_gold": 1.0, "words": 1.0}
        assert figures["student"]["f1"] < 0.5
        assert progress[2::3] == [
            ("validation of the student", 3, 3),
            ("validation of the adapter", 3, 3),
        ]

        async def fail(self: ExpertsModel, request: ChatRequest) -> ChatReply:
            raise ModelFailed("asked again")

        monkeypatch.setattr(ExpertsModel, "ask", fail)
        assert check_adapter(*args, store, progress=lambda *_: None) == figures
    with ResponseStore(tmp_path / "new.sqlite") as store:
        failed = check_adapter(*args, store, progress=lambda *_: None)
    assert failed["student"] == {"f1": 0.0, "contains_gold": 0.0, "words": 0.0}


def test_an_adapter_that_changed_since_is_refused(distilled: Distilled, tmp_path: Path) -> None:
    pinned = distilled.lend("adapter").options["adapter_sha256"]
    shutil.copytree(distilled.adapter, tmp_path / "adapter")
    config = tmp_path / "adapter" / "adapter_config.json"
    config.write_text(config.read_text().replace('"lora_alpha": 16', '"lora_alpha": 17'))
    with pytest.raises(InputError, match="does not have the expected SHA-256"):
        lend_options(
            Services(model=distilled.model),
            load_system("duomem"),
            {"adapter": str(tmp_path / "adapter"), "adapter_sha256": pinned},
        )
