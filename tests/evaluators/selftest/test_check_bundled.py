"""`check` passes for every bundled system; a stub that knows no language is the model.

The stub replies by rules over HTTP. Where a system runs a model in this process, that is a very
small one that has learned the stub's replies to just these prompts by heart: what is checked is
that a trained model and its adapters are asked for the right things, not that they are any good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import pytest

from locomo_vqa.evaluators.distilling.teacher_memories import make_memories
from locomo_vqa.evaluators.distilling.teacher_pipeline import Teacher
from locomo_vqa.evaluators.hosting import in_process
from locomo_vqa.evaluators.loading import LoadedSystem, load_system
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.evaluators.running.system_options import lend_options
from locomo_vqa.evaluators.selftest import check_system
from locomo_vqa.evaluators.selftest.fixtures import World, make_world
from locomo_vqa.evaluators.selftest.script import FIXED_SCRIPT
from locomo_vqa.evaluators.systems.bundled import SYSTEMS
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.names import parse_name
from locomo_vqa.models.openai_endpoint import OpenAIModel
from locomo_vqa.system import Services
from tests.evaluators.third_party.stub_memory_model import StubMemoryModel, stub_memory_model

from .memorised import Exchange, fit_experts, in_other_colours, make_base

pytestmark = pytest.mark.filterwarnings("ignore")

QUIET_S = 0.1
NOTHING = Services()

NO_MODEL = ("no-memory", "bm25")
"""What runs without a model, too."""
IN_PROCESSES = ("no-memory", "bm25", "dense")
"""What is checked in processes of its own, as the command does it."""
LOCAL = ("memlora", "memlora-v")
"""What runs its model in this process only."""

SHORT = {"tries": "1", "reply_tokens": "64"}
"""For models in this process, which were not taught what to reply to a very long turn."""

FORGETS = {
    "facts": ("warn", "0 of 3, and it is meant to remember nothing"),
    "dates": ("skipped", "it is meant to remember nothing, and gave no date"),
    "second-run": ("skipped", "it does not know all facts the first time either"),
}
FORGETS_ALONE = {
    "facts": ("warn", "0 of 3, and it declares that no model answers"),
    "dates": ("skipped", "it declares that no model answers, and gave no date"),
    "second-run": ("skipped", "it does not know all facts the first time either"),
}
"""All that does not pass: of `no-memory`, which forgets on purpose."""

Found = Mapping[str, tuple[str, str]]


@pytest.fixture
def stub() -> Iterator[StubMemoryModel]:
    """The stub of a model server."""
    with stub_memory_model() as served:
        yield served


def check(name: str, services: Services = NOTHING, *, here: bool = False, **options: str) -> Found:
    """Check a bundled system as the command does; return the points that did not pass, by id.

    `here` spares the time that seven processes take to start.
    """
    system = load_system(name, model=services.model)
    lent = lend_options(services, system, options)
    checked = check_system(
        _here(system) if here else system, lent, quiet_s=QUIET_S, script=FIXED_SCRIPT
    )
    assert len(checked.results) == 14
    return {p.id: (p.state, p.detail) for p in checked.results if p.state != "pass"}


def _here(system: LoadedSystem) -> LoadedSystem:
    """Return a system that runs in this process."""
    module, _, class_name = SYSTEMS[system.name].path.partition(":")
    return replace(system, host=in_process(getattr(import_module(module), class_name)))


def served(stub: StubMemoryModel) -> Services:
    return Services(llm=parse_endpoint(stub.model, timeout_s=250), model=stub.model)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SYSTEMS if name not in LOCAL])
def test_a_bundled_system_passes_over_an_endpoint(name: str, stub: StubMemoryModel) -> None:
    here = name not in IN_PROCESSES
    assert check(name, served(stub), here=here) == (FORGETS if name == "no-memory" else {})


@pytest.mark.slow
@pytest.mark.parametrize("name", NO_MODEL)
def test_a_bundled_system_passes_without_a_model(name: str) -> None:
    assert check(name) == (FORGETS_ALONE if name == "no-memory" else {})


@dataclass(frozen=True)
class Learned:
    """A base model, its experts, and a teacher's memories of the conversations of `check`."""

    base: Path
    experts: Path
    memories: Path

    @property
    def services(self) -> Services:
        return Services(model=f"transformers:{self.base}?threads=1&dtype=float32")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learned]:
    """What the stub replied to mem0 in `check`, learned by heart; one thread is enough."""
    for package in ("transformers", "peft"):
        pytest.importorskip(package, reason="needs the models extra")
    torch = pytest.importorskip("torch", reason="needs the models extra")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("learned")
    with stub_memory_model() as stub:
        options = {"prompts": "reduced"}
        assert check("mem0", served(stub), here=True, **options) == {}
        options["shared_images"] = "keep"
        assert check("mem0-v", served(stub), here=True, **options) == {}
        exchanges = [Exchange(p, tuple(shown), r) for p, shown, r in stub.exchanges()]
        world = make_world(folder / "world")
        asyncio.run(remember(stub, world, folder / "memories"))
    exchanges = list(dict.fromkeys(exchanges))
    seen = [each for each in exchanges if each.images]
    assert {each.reply for each in seen} == {"A picture of a green square."}
    others = red_and_blue(world)
    exchanges += [other for each in seen for other in in_other_colours(each, others)]
    base = make_base(folder / "base", exchanges)
    name = parse_name(f"transformers:{base}?threads=1&dtype=float32")
    yield Learned(base, fit_experts(name, exchanges, folder / "experts"), folder / "memories")
    torch.set_num_threads(before)


async def remember(stub: StubMemoryModel, world: World, out: Path) -> None:
    """Have the stub make a teacher's memories of the conversations."""
    (world.benchmark.folder / "benchmark.json").write_text("{}")
    model = OpenAIModel(parse_endpoint(stub.model, timeout_s=250))
    teacher, settings = Teacher(model, "stub"), MemorySettings(prompts="reduced")
    made = await make_memories(world.benchmark, teacher, settings, out, progress=_silent)
    await model.close()
    assert (made.conversations, made.failed) == (4, {})


def red_and_blue(world: World) -> Mapping[str, bytes]:
    """Return the two squares that are not asked about."""
    images = world.with_images.sessions[0].turns[0].images
    squares = {}
    for colour, image in zip(("red", "blue"), images, strict=True):
        assert image.sha256 is not None
        squares[colour] = world.benchmark.image_path(image.sha256).read_bytes()
    return squares


def _silent(step: str, done: int, total: int) -> None:
    pass


@pytest.mark.slow
@pytest.mark.parametrize("name", LOCAL)
def test_experts_that_know_the_replies_pass(name: str, learned: Learned) -> None:
    options = {"experts": str(learned.experts), **SHORT}
    assert check(name, learned.services, here=True, **options) == {}


@pytest.mark.slow
def test_duomem_passes_with_memories_and_an_adapter(learned: Learned) -> None:
    adapter = learned.experts / "generation"
    options = {"adapter": str(adapter), "memories": str(learned.memories)}
    found = check("duomem", learned.services, here=True, **options)
    assert {id: state for id, (state, _) in found.items()} == {
        "second-run": "fail"
    }  # It can't read.
