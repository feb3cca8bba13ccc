"""`memlora` and `memlora-v`: which expert is asked what, what a run records, what is refused."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.errors import InputError, MissingResource, OutputError
from locomo_vqa.evaluators.efficiency.measure import efficiency_of
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.proxy.model_calls import read_model_calls
from locomo_vqa.evaluators.running.run_folder import describe_run, open_run
from locomo_vqa.evaluators.running.system_options import lend_options
from locomo_vqa.evaluators.running.view import ConversationView
from locomo_vqa.evaluators.systems.memlora.system import MemLoRA, MemLoRAV
from locomo_vqa.files import read_json
from locomo_vqa.models import expert_fit
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.models.embedded_local import embedded_folder
from locomo_vqa.models.experts import find_experts, hash_experts
from locomo_vqa.models.experts_local import ExpertsModel
from locomo_vqa.runs import Usage
from locomo_vqa.system import Services
from tests.conftest import Cli

from .conftest import Trained
from .tiny import TARGETS, make_base, make_experts

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]

SAMPLE = load_benchmark("sample")
CONVERSATION = next(c for c in SAMPLE.conversations if c.split == "validation")
SHORT = {"window": "12", "tries": "1", "reply_tokens": "6", "top_k": "2", "update_k": "1"}


def lend(name: str, trained: Trained, **options: str) -> Services:
    """Return what a run would lend to a system, after all checks."""
    given = {"experts": str(trained.experts), **options}
    return lend_options(Services(model=trained.spec), load_system(name), given)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ChatRequest]]:
    """Every request with its expert; a stub replies in the experts' places."""
    seen: list[tuple[str, ChatRequest]] = []
    said = {
        "extraction": '{"facts": ["The boat is old."]}',
        "memory_update": '{"memory": [{"id": "new", "event": "ADD", "text": "The boat is old."}]}',
        "generation": "an old boat",
        "vision": '{"answer": "heart", "reason": "It has two bows."}',
    }

    async def ask(self: ExpertsModel, name: str, request: ChatRequest) -> ChatReply:
        seen.append((name, request))
        return ChatReply(text=said[name], finish="stop", usage=Usage(calls=1))

    monkeypatch.setattr(ExpertsModel, "ask_expert", ask)
    return seen


def test_each_stage_asks_its_expert(
    all_trained: dict[str, Trained], tmp_path: Path, asked: list[tuple[str, ChatRequest]]
) -> None:
    trained = all_trained["internvl"]
    showing = ConversationView(SAMPLE, CONVERSATION, "pixels")
    system = MemLoRAV()
    system.open(showing.info, tmp_path, lend("memlora-v", trained))
    system.add(next(iter(showing.sessions())))
    system.flush()
    starts = {"extraction": "Note what is worth", "memory_update": "Memories now: "}
    assert {name for name, _ in asked} == set(starts)
    assert all(request.text.startswith(starts[name]) for name, request in asked)
    assert {request.max_tokens for _, request in asked} == {512}
    assert not any(request.images for _, request in asked)
    del asked[:]
    assert system.answer("What is old?", now=showing.now).text == "an old boat"
    question = next(q for q in SAMPLE.visual_questions if q.conversation == CONVERSATION.id)
    image = showing.question_image(question)
    assert system.answer_visual(question.question, image=image, now=showing.now).text == "heart"
    (first, text), (second, visual) = asked
    assert (first, second) == ("generation", "vision")
    assert text.text.startswith("- The boat is old.")
    assert [image.sha256 for image in visual.images] == [question.image]
    system.close()
    stages = read_json(tmp_path / "stages.json", what="it")["stages"]
    assert list(stages) == ["extraction", "update", "generation", "vision"]


def test_without_a_vision_expert_memories_are_asked(
    all_trained: dict[str, Trained], tmp_path: Path, asked: list[tuple[str, ChatRequest]]
) -> None:
    showing = ConversationView(SAMPLE, CONVERSATION, "pixels")
    system = MemLoRA()
    system.open(showing.info, tmp_path, lend("memlora", all_trained["gemma2"]))
    question = next(q for q in SAMPLE.visual_questions if q.conversation == CONVERSATION.id)
    image = showing.question_image(question)
    said = system.answer_visual(question.question, image=image, now=showing.now)
    system.close()
    assert said.text == "an old boat"
    assert [(name, request.images) for name, request in asked] == [("generation", ())]


def check_efficiency(folder: Path, trained: Trained, stages: dict[str, Any]) -> None:
    """Each stage has its own tokens and seconds; the size is of the base and three experts."""
    run = efficiency_of(folder)
    weights = (trained.base / "model.safetensors").stat().st_size
    files = [trained.experts / name / "adapter_model.safetensors" for name in TARGETS]
    assert run.size.total == weights + sum(file.stat().st_size for file in files)
    assert run.size_source == "recorded"
    for stage, tally in stages.items():
        figures = run.stages[stage]
        assert (figures.calls, figures.timed, figures.failed) == (tally["calls"],) * 2 + (0,)
        assert figures.input_tokens == pytest.approx(tally["input_tokens_a_call"], abs=0.01)
        assert figures.output_tokens == pytest.approx(tally["output_tokens_a_call"], abs=0.01)
    # Every expert writes until it is cut off, unless it ends by itself.
    assert 0 < (run.stages["extraction"].output_tokens or 0) <= 6
    assert run.memory is not None
    assert run.memory.timed == 11
    calls = list(read_model_calls(folder))
    assert {call.model for call in calls if call.stage == "update"} == {
        f"{trained.spec} with memory_update"
    }


@pytest.mark.slow
def test_a_run_with_real_experts_records_them(
    all_trained: dict[str, Trained], tmp_path: Path, cli: Cli
) -> None:
    trained = all_trained["qwen2"]
    shutil.copytree(trained.experts, tmp_path / "experts")
    command = ["run", "memlora", "--benchmark", "sample", "--split", "validation", "--limit", "1"]
    command += ["--out", "run", "--model", trained.spec, "--option", "experts=experts"]
    for name, value in SHORT.items():
        command += ["--option", f"{name}={value}"]
    done = cli(*command)
    assert done.returncode == 0, done.stderr
    experts = find_experts(trained.experts, trained.names)
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    pinned = f"experts_sha256={hash_experts(experts)}"
    assert run["options"] == sorted(["experts=experts", pinned, *map("=".join, SHORT.items())])
    assert run["system"] == {"name": "memlora", "version": "1", "uses_images": False}
    assert run["answerer"]["model"] == trained.spec
    assert run["answerer"]["prompt_sha256"] == MemLoRA.prompt_sha256
    work = tmp_path / "run" / "work" / CONVERSATION.id
    recorded = read_json(work / "experts.json", what="it")
    assert recorded["experts"] == {expert.name: expert.sha256 for expert in experts}
    stages = read_json(work / "stages.json", what="it")
    calls = {stage: tally["calls"] for stage, tally in stages["stages"].items()}
    assert calls == {"extraction": 5, "update": 5, "generation": 1}
    assert stages["settings"]["prompts"] == "reduced"
    check_efficiency(tmp_path / "run", trained, stages["stages"])

    vision = tmp_path / "experts" / "generation" / "adapter_model.safetensors"
    shutil.copy(tmp_path / "experts" / "extraction" / vision.name, vision)
    changed = lend("memlora", Trained(trained.base, tmp_path / "experts", trained.names), **SHORT)
    changed = replace(changed, options={**changed.options, "experts": "experts"})
    system = load_system("memlora")
    manifest = describe_run(system, SAMPLE, "validation", "pixels", changed, limit=1)
    with pytest.raises(OutputError, match="holds another run: its options is"):
        open_run(tmp_path / "run", manifest)


def test_a_stage_without_an_expert_is_answered_by_the_base_model(
    all_trained: dict[str, Trained], tmp_path: Path, asked: list[tuple[str, ChatRequest]]
) -> None:
    trained = all_trained["qwen2"]
    shutil.copytree(trained.experts, tmp_path / "experts")
    shutil.rmtree(tmp_path / "experts" / "memory_update")
    some = Trained(trained.base, tmp_path / "experts", ())
    services = lend("memlora", some, generation="base", **SHORT)
    assert services.options["update"] == services.options["generation"] == "base"
    showing = ConversationView(SAMPLE, CONVERSATION, "pixels")
    system = MemLoRA()
    system.open(showing.info, tmp_path, services)
    system.add(next(iter(showing.sessions()))[:2])
    system.answer("What is old?", now=showing.now)
    system.close()
    assert {name for name, _ in asked} == {"extraction"}
    stages = read_json(tmp_path / "stages.json", what="it")["stages"]
    assert {stage: tally["calls"] for stage, tally in stages.items()} == {
        "extraction": 1,
        "update": 1,
        "generation": 1,
    }
    assert list(read_json(tmp_path / "experts.json", what="it")["experts"]) == ["extraction"]


def test_the_expert_of_a_stage_may_have_any_folder(
    all_trained: dict[str, Trained], tmp_path: Path, asked: list[tuple[str, ChatRequest]]
) -> None:
    trained = all_trained["qwen2"]
    options = {"generation": str(trained.experts / "extraction")}
    lent = lend_options(Services(model=trained.spec), load_system("memlora"), options)
    system = MemLoRA()
    showing = ConversationView(SAMPLE, CONVERSATION, "pixels")
    system.open(showing.info, tmp_path, lent)
    assert system.answer("What is old?", now=showing.now).text == "an old boat"
    system.close()
    assert [name for name, _ in asked] == ["generation"]
    recorded = read_json(tmp_path / "experts.json", what="it")["experts"]
    (expected,) = find_experts(trained.experts, ["extraction"])
    assert recorded == {"generation": expected.sha256}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "memlora needs the option experts"),
        ({"experts": "empty"}, "has no folder of an expert"),
        ({"experts": "missing"}, "has no folder of an expert"),
        ({"extraction": "base"}, "memlora needs the option experts"),
        ({"extraction": "empty"}, "has no expert for empty"),
        ({"experts": "sample"}, "no experts come with transformers:some/base"),
    ],
)
def test_without_any_expert_it_says_how_to_name_them(
    options: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        MemLoRA.pin_options(options, "transformers:some/base")


@pytest.mark.parametrize(
    ("name", "adapter", "guess"),
    [
        ("extracton", True, "Did you mean extraction?"),
        ("Generation", True, "Did you mean generation?"),
        ("update", True, "Did you mean memory_update?"),
        ("vison", False, "Did you mean vision?"),
        ("checkpoint-7", True, ""),
    ],
)
def test_a_folder_that_no_stage_would_use_is_refused(
    name: str, adapter: bool, guess: str, tmp_path: Path
) -> None:
    """It is found although another stage has its expert; the base model would answer silently."""
    experts = tmp_path / "experts"
    shutil.copytree(embedded_folder("student") / "experts", experts)
    (experts / ".cache").mkdir()
    (experts / "curves").mkdir()
    pin = functools.partial(MemLoRA.pin_options, {"experts": str(experts)}, "embedded:student")
    pin()  # Folders of other things are ignored.
    other = experts / name
    if adapter:
        shutil.copytree(experts / "generation", other)
    else:
        other.mkdir()
    with pytest.raises(InputError, match=f"{name} is not named after a stage") as error:
        pin()
    assert guess in error.value.remedy
    assert "extraction, memory_update, generation, vision" in error.value.remedy


def test_experts_of_another_base_model_are_refused(
    all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    qwen2, gemma2 = all_trained["qwen2"], all_trained["gemma2"]
    wider = make_base(tmp_path / "wider", "gemma2", hidden=48)
    with pytest.raises(InputError, match=r"extraction: is not an expert .* has size 48 there, 32"):
        lend("memlora", Trained(wider, gemma2.experts, gemma2.names))
    other = all_trained["internvl"].experts
    with pytest.raises(InputError, match="has no layer"):
        lend("memlora", Trained(qwen2.base, other, qwen2.names))
    with pytest.raises(MissingResource, match="can't be loaded"):
        lend("memlora", Trained(tmp_path / "nowhere", qwen2.experts, qwen2.names))
    with pytest.raises(InputError, match="does not see images"):
        with_vision = tmp_path / "with-vision"
        shutil.copytree(qwen2.experts, with_vision)
        shutil.copytree(qwen2.experts / "generation", with_vision / "vision")
        lend("memlora-v", Trained(qwen2.base, with_vision, ()))


def test_an_expert_of_fewer_layers_is_refused_when_it_is_loaded(
    all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    from locomo_vqa.models.names import parse_name

    trained = all_trained["qwen2"]
    shutil.copytree(trained.experts, tmp_path / "experts")
    weights = tmp_path / "experts" / "extraction" / "adapter_model.safetensors"
    first = {key: value for key, value in load_file(weights).items() if "layers.0." in key}
    save_file(first, weights)
    experts = find_experts(tmp_path / "experts", trained.names)
    with pytest.raises(InputError, match="4 weights differ"):
        ExpertsModel(parse_name(trained.spec), experts)


def _damage_weights(folder: Path) -> None:
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])


def _set(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "adapter_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_damage_weights, "can't be read"),
        (_set(peft_type="IA3"), "is not a LoRA adapter's configuration"),
        (_set(init_lora_weights="pissa"), "changes the base model"),
        (_set(layer_replication=[[0, 2]]), "changes the base model"),
        (lambda folder: (folder / "adapter_config.json").write_text("{"), "adapter_config.json"),
    ],
)
def test_what_is_no_usable_expert_is_refused(
    all_trained: dict[str, Trained],
    tmp_path: Path,
    damage: Callable[[Path], object],
    message: str,
) -> None:
    trained = all_trained["qwen2"]
    experts = tmp_path / "experts"
    shutil.copytree(trained.experts, experts)
    damage(experts / "memory_update")
    with pytest.raises(InputError, match=message):
        lend("memlora", Trained(trained.base, experts, trained.names))


def test_experts_that_changed_since_are_refused(
    all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    trained = all_trained["qwen2"]
    shutil.copytree(trained.experts, tmp_path / "experts")
    make_experts(tmp_path / "experts", trained.base, {"generation": TARGETS["extraction"]})
    pinned = lend("memlora", trained).options["experts_sha256"]
    with pytest.raises(InputError, match="does not have the expected SHA-256"):
        lend(
            "memlora",
            Trained(trained.base, tmp_path / "experts", trained.names),
            experts_sha256=pinned,
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vision": "embedded:large"}, "memlora has no option 'vision'"),
        ({"shared_images": "describe"}, "no expert describes images"),
        ({"top_k": "0"}, "must be a whole number"),
    ],
)
def test_options_are_checked(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MemLoRA.check_options(options, "transformers:a/b")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"experts": "mine"}, "an endpoint, which has its own adapters"),
        ({}, "needs at least one expert"),
        ({"extraction": "base"}, "needs at least one expert"),
    ],
)
def test_an_endpoint_has_its_own_adapters(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MemLoRA.pin_options(options, "openai:http://127.0.0.1:1/v1?model=a")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expert_fit, "find_spec", lambda name: None if name == "peft" else name)
    with pytest.raises(MissingResource, match="package peft") as error:
        expert_fit.check_peft()
    assert "[models]" in error.value.remedy
