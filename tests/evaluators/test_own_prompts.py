"""Prompts from a user's folder: what it may have, what is sent, and what a run records."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.memory.prompts import (
    MEMORY_PROMPTS,
    again_prompt,
    answer_prompt,
    describe_prompt,
    extraction_prompt,
    update_prompt,
    visual_prompt,
)
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.evaluators.own_prompts import MAX_BYTES, OwnPrompts, read_own_prompts
from locomo_vqa.evaluators.systems.duomem.settings import pin_options as pin_duomem
from locomo_vqa.evaluators.systems.full_context import FullContext
from locomo_vqa.evaluators.systems.mem0 import Mem0
from locomo_vqa.evaluators.systems.memlora.settings import memlora_settings
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.system import ConversationInfo, Services
from tests.evaluators.memory.scripted import NOW
from tests.evaluators.stub_endpoint import completion, stub_endpoint
from tests.evaluators.systems.example_turns import turn

ENDPOINT = "openai:http://127.0.0.1:9/v1?model=x"


def folder(path: Path, **texts: str) -> str:
    path.mkdir(exist_ok=True)
    for name, text in texts.items():
        (path / f"{name}.txt").write_text(text, encoding="utf-8")
    return str(path)


def own(path: Path, **texts: str) -> OwnPrompts:
    return read_own_prompts(folder(path, **texts), MEMORY_PROMPTS)


def test_each_prompt_is_filled_and_the_rest_of_its_text_is_kept(tmp_path: Path) -> None:
    prompts = own(
        tmp_path,
        extract='Facts as {"facts": []}, for $5.\n$turns\n($time)',
        update="$memories|${facts}",
        answer="$question\n$memories\n$now",
        again="No: $fault",
        describe="Look.\n",
        answer_visual="$description$question?",
    )
    made = extraction_prompt(["Ana: costs $time"], NOW, own=prompts)
    assert made.startswith(
        'Facts as {"facts": []}, for $5.\nAna: costs $time\n(Today is Monday 8 May'
    )
    assert update_prompt({"0": "a"}, ["b"], own=prompts) == '[{"id": "0", "text": "a"}]|["b"]'
    assert answer_prompt(["a", "b"], "Who?", own=prompts, now=NOW) == (
        "Who?\n- a\n- b\nMonday 8 May 2023"
    )
    assert again_prompt("it is no JSON", prompts) == "No: it is no JSON"
    assert describe_prompt(prompts) == "Look."
    assert visual_prompt("Red", caption="a hat", own=prompts) == "The picture shows: a hat.Red?"


def test_a_prompt_that_is_not_in_the_folder_is_the_bundled_one(tmp_path: Path) -> None:
    prompts = own(tmp_path, again="No: $fault")
    assert update_prompt({}, ["b"], own=prompts) == update_prompt({}, ["b"])
    assert visual_prompt("q", own=prompts) == visual_prompt("q")
    path = folder(tmp_path)
    at_endpoint = MemorySettings.from_options({"prompts": path}, model=ENDPOINT)
    embedded = MemorySettings.from_options({"prompts": path}, model="embedded:text-large")
    assert (at_endpoint.prompts, embedded.prompts) == ("long", "reduced")
    options = {"prompts": path, "generation": "adapter"}
    stages = ("extraction", "update", "generation")
    assert memlora_settings(options, ENDPOINT, stages).prompts == "reduced"


@pytest.mark.parametrize(
    ("texts", "problem", "remedy"),
    [
        ({}, "has no prompts", "extract.txt"),
        ({"extrct": "$turns"}, "extrct.txt is not named like a prompt", "mean extract.txt"),
        ({"extract": "Facts!"}, "doesn't have all the names", r"\$turns, or \$messages"),
        ({"extract": "$turn"}, r"has \$turn, which", r"mean \$turns"),
        ({"update": "$memories"}, "doesn't have all the names", r"\$memories and \$facts"),
        ({"describe": "$image"}, r"has \$image", "no names to fill in"),
        ({"describe": " \n"}, "is empty", "remove the file"),
        ({"again": "$fault" + " " * MAX_BYTES}, "again.txt", ""),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(
    texts: dict[str, str], problem: str, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=problem) as error:
        Mem0.check_options({"prompts": folder(tmp_path, **texts)}, ENDPOINT)
    assert re.search(remedy, error.value.remedy)


def test_neither_a_form_nor_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of long, reduced, or a folder, not 'lonk'") as error:
        Mem0.check_options({"prompts": "lonk"}, ENDPOINT)
    assert error.value.remedy == "Did you mean 'long'?"
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(InputError, match=r"notes\.md is not named like a prompt"):
        Mem0.check_options({"prompts": str(tmp_path)}, ENDPOINT)
    with pytest.raises(InputError, match="prompts_sha256 is given, but prompts is not a folder"):
        Mem0.check_options({"prompts": "long", "prompts_sha256": "0"}, ENDPOINT)


def test_every_system_of_the_family_pins_the_hash_of_the_texts(tmp_path: Path) -> None:
    path = folder(tmp_path, answer_visual="In a word: $question")
    text = hashlib.sha256(b"In a word: $question").hexdigest()
    digest = hashlib.sha256(f"answer_visual {text}".encode()).hexdigest()
    wanted = {"prompts": path, "prompts_sha256": digest}
    assert Mem0.pin_options({"prompts": path}, ENDPOINT) == wanted
    assert FullContext.pin_options({"prompts": path}, ENDPOINT) == wanted
    assert pin_duomem({"prompts": path}, ENDPOINT) == wanted
    assert Mem0.pin_options({}, ENDPOINT) == {}
    with pytest.raises(InputError, match=f"does not have the expected SHA-256 .{digest}"):
        Mem0.check_options({**wanted, "prompts_sha256": "0"}, ENDPOINT)
    recorded = MemorySettings.from_options(wanted, model=ENDPOINT).to_json()["own_prompts"]
    assert recorded == {"folder": path, "sha256": digest, "files": ["answer_visual"]}


def test_full_context_asks_with_a_prompt_of_the_user(tmp_path: Path) -> None:
    asked: list[Any] = []

    def respond(request: dict[str, Any]) -> tuple[int, Any]:
        asked.append(request["messages"][0]["content"])
        return completion("red")

    path = folder(tmp_path / "p", full_context="Read.\n$conversation\nQ: $question ($speakers)")
    with stub_endpoint(respond) as endpoint:
        system = FullContext()
        services = Services(
            llm=parse_endpoint(endpoint.model, timeout_s=100), options={"prompts": path}
        )
        system.open(
            ConversationInfo(id="c", speakers=("Ada", "Ben"), images="none"), tmp_path, services
        )
        system.add([turn(1, "Hello!")])
        system.answer("Who?", now=NOW)
        system.close()
    assert "".join(part["text"] for part in asked[0]) == (
        "Read.\n\nSession 1, Monday, 8 May 2023, 00:00\nAda: Hello!\nQ: Who? (Ada and Ben)"
    )
    with pytest.raises(InputError, match=r"full_contxt\.txt is not named"):
        FullContext.check_options({"prompts": folder(tmp_path / "q", full_contxt="x")}, ENDPOINT)


def test_a_distillation_takes_no_prompts_of_the_user(tmp_path: Path) -> None:
    options = {"prompts": folder(tmp_path / "p", again="$fault")}
    with pytest.raises(InputError, match="prompts must be long or reduced"):
        lv.distill_memlora(
            benchmark="sample", student="embedded:student", options=options, out=tmp_path / "d"
        )
