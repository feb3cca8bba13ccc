"""Two stores by speaker, and memories shown with their time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.failures.records import MemoryRecord, read_record
from locomo_vqa.evaluators.memory import SpeakerStores, StageModels, TurnLine
from locomo_vqa.evaluators.memory.prompts import MEMORY_PROMPTS, answer_prompt, said_at
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.evaluators.own_prompts import read_own_prompts
from locomo_vqa.files import write_json, write_jsonl
from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.system import ContextBudget, Services
from tests.evaluators.memory.scripted import NOW, Scene, asked

ENDPOINT = "openai:http://127.0.0.1:9/v1?model=x"
LINES = (
    TurnLine(turn="D1:1", text="Ana: I got a cat.", speaker="Ana"),
    TurnLine(turn="D1:2", text="Ben: I bake bread.", speaker="Ben"),
)


def about_both(request: ChatRequest) -> str:
    """Both readings give the same two facts, and one about the person asked for."""
    if request.text.startswith("Note what"):
        of = request.text.split("Note only what is about ")[1].split(".")[0]
        return json.dumps({"facts": ["Ana has a cat.", "Ben bakes bread.", f"A fact on {of}."]})
    if request.text.startswith("Memories now"):
        _, facts = asked(request)
        return json.dumps({"memory": [{"id": "new", "event": "ADD", "text": f} for f in facts]})
    return "said"


class TwoStores:
    def __init__(
        self,
        scene: Scene,
        context: ContextBudget | None = None,
        speakers: tuple[str, str] = ("Ana", "Ben"),
        **options: str,
    ) -> None:
        self.scene, self.facts = scene, list[dict[str, Any]]()
        given = {"prompts": "reduced", "stores": "speaker", **options}
        settings = MemorySettings.from_options(given, model=None)
        self.stores = SpeakerStores(
            settings,
            StageModels(Services(model="scripted"), settings, scene.usage, scene.anomalies),
            scene.pipeline._embedder,
            speakers=speakers,
            record=scene.history.append,
            record_facts=self.facts.append,
            usage=scene.usage,
            anomalies=scene.anomalies,
            context=context,
        )

    def read(self) -> None:
        self.scene.runner.run(self.stores.read(LINES, NOW))

    def answer(self, question: str) -> Any:
        return self.scene.runner.run(self.stores.answer(question, NOW))


@pytest.fixture
def two(scene: Callable[..., Scene]) -> Iterator[Callable[..., TwoStores]]:
    yield lambda script=about_both, **options: TwoStores(scene(script), **options)


def test_each_window_is_read_for_each_speaker_and_kept_apart(two: Callable[..., TwoStores]) -> None:
    made = two()
    made.read()
    kept = [[m.text for m in part.store.memories.values()] for part in made.stores.parts]
    assert kept == [["Ana has a cat.", "A fact on Ana."], ["Ben bakes bread.", "A fact on Ben."]]
    assert [row["id"] for row in made.scene.history] == ["s1m1", "s1m2", "s2m1", "s2m2"]
    assert [(row["speaker"], len(row["facts"])) for row in made.facts] == [("Ana", 2), ("Ben", 2)]
    assert made.scene.usage.to_json()["extraction"]["calls"] == 2


def test_the_memories_of_both_are_shown_under_their_names(two: Callable[..., TwoStores]) -> None:
    made = two(top_k="1")
    made.read()
    answer = made.answer("Who bakes bread?")
    prompt = made.scene.model.requests[-1].text
    assert prompt.startswith(
        "Memories of Ana:\n- Ana has a cat.\n\nMemories of Ben:\n- Ben bakes bread.\n"
    ) or prompt.startswith("Memories of Ana:\n- A fact on Ana.\n\nMemories of Ben:\n- Ben bakes")
    assert answer.retrieved[0].text == "Ben bakes bread."
    assert [hit.turn for hit in answer.retrieved] == ["D1:2", "D1:1"]
    scores = [hit.score for hit in answer.retrieved]
    assert scores == sorted(scores, reverse=True)


def test_a_fact_about_neither_by_name_is_kept_for_both(two: Callable[..., TwoStores]) -> None:
    def script(request: ChatRequest) -> str:
        if request.text.startswith("Note what"):
            return json.dumps({"facts": ["The cat is grey."]})
        return about_both(request)

    made = two(script)
    made.read()
    assert [len(part.store.memories) for part in made.stores.parts] == [1, 1]


def test_times_are_shown_as_locomo_writes_them(
    scene: Callable[..., Scene], two: Callable[..., TwoStores]
) -> None:
    assert said_at(datetime(2023, 5, 8, 13, 56)) == "1:56 pm on 8 May, 2023"
    assert said_at(datetime(2023, 1, 20, 0, 5)) == "12:05 am on 20 January, 2023"
    made = two(timed_memories="true", top_k="1")
    made.read()
    answer = made.answer("Who bakes bread?")
    assert "- 12:00 pm on 8 May, 2023: Ben bakes bread." in made.scene.model.requests[-1].text
    assert answer.retrieved[0].text == "12:00 pm on 8 May, 2023: Ben bakes bread."
    one = scene(about_both, timed_memories="true")
    one.runner.run(
        one.pipeline.load([m for p in made.stores.parts for m in p.store.memories.values()])
    )
    one.runner.run(one.pipeline.answer("Who bakes bread?", NOW))
    assert "- 12:00 pm on 8 May, 2023: Ben bakes" in one.model.requests[-1].text


def test_the_record_of_a_memory_has_the_time_that_was_shown(tmp_path: Path) -> None:
    row = {"event": "ADD", "id": "s1m1", "text": "Ana has a cat.", "turns": ["D1:1"]}
    write_jsonl(tmp_path / "memory.jsonl", [{**row, "old_text": None, "time": NOW.isoformat()}])
    texts = {}
    for timed in (False, True):
        write_json(tmp_path / "stages.json", {"settings": {"timed_memories": timed}})
        record = read_record(tmp_path)
        assert isinstance(record, MemoryRecord)
        texts[timed] = record.current[0].text
    assert texts == {
        False: "Ana has a cat.",
        True: "12:00 pm on 8 May, 2023: Ana has a cat.",
    }


def test_roles_and_lists_by_speaker_in_prompts_of_the_user(
    tmp_path: Path, two: Callable[..., TwoStores]
) -> None:
    """The shape of Mem0's evaluation: the person whose memories are made is the user."""
    (tmp_path / "extract.txt").write_text("Note what $speaker says, not $other_speaker.\n$messages")
    (tmp_path / "answer.txt").write_text(
        "$speaker_1: $memories_1\n$speaker_2: $memories_2\n$question"
    )
    sent: list[str] = []

    def script(request: ChatRequest) -> str:
        sent.append(request.text)
        return (
            '{"facts": ["Likes tea"]}' if request.text.startswith("Note") else about_both(request)
        )

    made = two(script, prompts=str(tmp_path))
    made.read()
    made.answer("Who?")
    assert sent[0] == (
        "Note what Ana says, not Ben.\nuser: Ana: I got a cat.\nassistant: Ben: I bake bread."
    )
    assert "assistant: Ana: I got a cat.\nuser: Ben: I bake bread." in "".join(sent)
    assert sent[-1] == "Ana: - Likes tea\nBen: - Likes tea\nWho?"
    with pytest.raises(InputError, match="the memories of each speaker apart") as error:
        MemorySettings.from_options({"prompts": str(tmp_path)}, model=ENDPOINT)
    assert "stores=speaker" in error.value.remedy
    own = read_own_prompts(str(tmp_path), MEMORY_PROMPTS)
    shown = answer_prompt([], "Who?", own=own, owners=[], speakers=("Ana", "Ben"))
    assert shown == "Ana: - none\nBen: - none\nWho?"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stores": "speakers"}, "stores must be one of one, speaker"),
        ({"timed_memories": "yes"}, "timed_memories must be one of true, false"),
    ],
)
def test_wrong_values_are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MemorySettings.from_options(options, model=ENDPOINT)


def test_two_speakers_of_one_name_have_one_store(two: Callable[..., TwoStores]) -> None:
    with pytest.raises(InputError, match="both speakers are 'Ana'"):
        two(speakers=("Ana", "Ana"))


def test_a_teacher_s_memories_are_in_one_store() -> None:
    from locomo_vqa.evaluators.systems.duomem.settings import duomem_settings

    with pytest.raises(InputError, match="stores=speaker can't be used with a teacher's memories"):
        duomem_settings({"stores": "speaker", "memories": "folder"}, ENDPOINT)
