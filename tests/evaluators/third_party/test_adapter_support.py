"""What the adapters share, without a package."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from locomo_vqa.evaluators.third_party.recipe import PACKAGE_FOLDER
from locomo_vqa.system import Endpoint, Services, ShownImage, ShownTurn
from tests.serving import QuietHandler, serve_handler

from .stub_memory_model import DIMENSIONS, stub_memory_model

LLM = Endpoint(base_url="http://127.0.0.1:9/c/conv-26/llm/v1", model="m", api_key="k")


@pytest.fixture(scope="module")
def support() -> ModuleType:
    spec = spec_from_file_location(
        "adapter_support", PACKAGE_FOLDER / "adapters" / "adapter_support.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def encoder() -> ModuleType:
    spec = spec_from_file_location(
        "sentence_encoder", PACKAGE_FOLDER / "adapters" / "sentence_encoder.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lent(embedder: str | None, llm: Endpoint | None = LLM) -> Services:
    return Services(llm=llm, options={"embedder": embedder} if embedder else {})


def package(name: str) -> ModuleType:
    """A package's module that makes a random id."""
    module = ModuleType(name)
    exec("import uuid\ndef make(): return str(uuid.uuid4())", module.__dict__)
    return module


def test_random_ids_of_a_package_become_the_same_in_every_run(support: ModuleType) -> None:
    one, other = package("one"), package("other")
    random = {one.make(), one.make()}
    support.number_ids("conv-1", one, other)()
    first = [one.make(), one.make(), other.make()]
    use = support.number_ids("conv-1", one, other)
    use()
    assert [one.make(), one.make(), other.make()] == first
    assert len({*first, *random}) == 5
    assert one.uuid.UUID(first[0]).version == 5
    another = support.number_ids("conv-2", one)
    another()
    assert one.make() not in first
    use()  # The first conversation goes on with its own numbers.
    assert one.make() not in first
    another = support.number_ids("conv-1", one)
    another()
    assert [one.make(), one.make()] == first[:2]


def test_calls_are_counted_by_stage(support: ModuleType) -> None:
    assert support.llm_of(lent(None)).base_url == LLM.base_url
    found = support.llm_of(lent(None), "extraction")
    assert found.base_url == "http://127.0.0.1:9/c/conv-26/extraction/v1"
    plain = Endpoint(base_url="http://10.0.0.1/llm/v1", model="m", api_key="k")
    assert support.llm_of(lent(None, plain), "extraction").base_url == plain.base_url
    with pytest.raises(RuntimeError, match="needs a model of the form openai:"):
        support.llm_of(lent(None, None))


def test_an_embedder_is_a_name_or_an_address(
    support: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = support.embedder_of(lent("mxbai"))
    assert here[:3] == ("http://127.0.0.1:9/c/conv-26/embedding/v1", "mxbai", "k")
    monkeypatch.setenv("LOCOMO_VQA_EMBEDDER_KEY", "own")
    there = support.embedder_of(lent("openai:http://h:8/v1?model=org/name", None))
    assert there[:3] == ("http://h:8/v1", "org/name", "own")
    for wrong in (None, "openai:http://h:8/v1", "openai:nowhere?model=x"):
        with pytest.raises(RuntimeError, match="embedder="):
            support.embedder_of(lent(wrong))


@pytest.mark.slow
def test_vectors_come_in_order_and_failures_are_kept(support: ModuleType) -> None:
    with stub_memory_model() as stub:
        embed = support.Embeddings(support.Address(f"{stub.url}/v1", "stub", "none", 20.0))
        assert embed.dimensions() == DIMENSIONS
        one, two = embed(["a red kite", "something else"])
        assert (one, two) == (embed(["a red kite"])[0], embed(["something else"])[0])
        assert embed.failure is None
        stub.broken = "/embeddings"
        with pytest.raises(RuntimeError, match=r"replied 400: .*told to fail") as caught:
            embed(["a"])
        assert embed.failure is caught.value
    with pytest.raises(RuntimeError, match="gave no vectors"):
        embed(["a"])


def test_an_embedder_that_redirects_gets_no_further(support: ModuleType) -> None:
    """urllib would send the key along, to whatever host."""
    seen: list[tuple[str, str | None]] = []

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            seen.append((self.path, self.headers["authorization"]))
            port = self.server.server_address[1]
            self.reply(302, b"", {"Location": f"http://localhost:{port}/elsewhere"})

        do_GET = do_POST

    with serve_handler(Handler) as url:
        embed = support.Embeddings(support.Address(f"{url}/v1", "m", "sk-own", 20.0))
        with pytest.raises(RuntimeError, match="replied 302"):
            embed(["a"])
    assert seen == [("/v1/embeddings", "Bearer sk-own")]


def test_a_turn_as_words(support: ModuleType, tmp_path: Path) -> None:
    image = ShownImage(path=None, media_type=None, caption="a red kite")
    bare = ShownImage(path=tmp_path / "p", media_type="image/jpeg", caption=None)
    (tmp_path / "p").write_bytes(b"abc")
    turn = ShownTurn(
        id="D1:1",
        session=1,
        time=datetime(2023, 5, 8, 13, 56),
        speaker="Ann",
        role="user",
        text=" Look! ",
        images=(image, bare),
    )
    assert support.as_text(turn) == "Ann: Look! [shares a picture: a red kite]"
    assert support.day(turn.time) == "8 May 2023"
    assert support.data_uri(bare) == "data:image/jpeg;base64,YWJj"


def test_this_machine_is_reached_past_a_proxy(
    support: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet")
    monkeypatch.setenv("no_proxy", "")
    for name in ("DO_NOT_TRACK", "MEM0_TELEMETRY"):
        monkeypatch.setenv(name, "")
    support.quiet(MEM0_TELEMETRY="False")
    assert os.environ["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    assert os.environ["no_proxy"] == "127.0.0.1,localhost"
    assert os.environ["MEM0_TELEMETRY"] == "False"


def test_what_a_package_passes_over_is_noticed(support: ModuleType) -> None:
    class Part:
        def now(self, value: int) -> int:
            return 6 // value

        async def later(self, value: int) -> int:
            return 6 // value

    part, failures = Part(), list[Exception]()
    support.watch(part, "now", failures)
    support.watch(part, "later", failures)
    assert (part.now(2), asyncio.run(part.later(value=3))) == (3, 2)
    assert failures == []
    for call in (lambda: part.now(0), lambda: asyncio.run(part.later(0))):
        with pytest.raises(ZeroDivisionError) as caught:
            call()
        assert failures.pop() is caught.value


def test_a_sentence_encoder_is_a_folder_or_is_said_to_be_missing(
    encoder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "0")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").mkdir()
    with pytest.raises(RuntimeError, match="has no sentence encoder"):
        encoder.weights_of(lent("weights"), "other")
    (tmp_path / "weights" / "config.json").write_text("{}")
    assert encoder.weights_of(lent("weights"), "other") == str(tmp_path / "weights")
    assert encoder.weights_of(lent(None), "weights") == str(tmp_path / "weights")
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    for named, fetched in (("nobody/has-it", "nobody/has-it"), ("x", "sentence-transformers/x")):
        with pytest.raises(RuntimeError, match=f"hf download {fetched}`"):
            encoder.weights_of(lent(named), "weights")


def test_the_embedder_s_server_names_its_model(support: ModuleType) -> None:
    with stub_memory_model() as stub:
        address = support.Address(f"{stub.url}/v1", "mini", "none", 5.0)
        embed = support.Embeddings(address)
        assert embed.record == {"name": "mini"}
        embed(["a"])
        assert embed.record == {"name": "mini", "model": "mini"}


def test_an_encoder_is_known_by_its_snapshot_or_by_its_files(
    encoder: ModuleType, tmp_path: Path
) -> None:
    snapshot = tmp_path / "models--org--small" / "snapshots" / "0123abc"
    folder = tmp_path / "own"
    for place in (snapshot, folder / "1_Pooling"):
        place.mkdir(parents=True)
    assert encoder.encoder_record(lent(None), str(snapshot)) == {
        "name": "org/small",
        "revision": "0123abc",
    }
    (folder / "model.safetensors").write_bytes(b"abc")
    (folder / "1_Pooling" / "config.json").write_bytes(b"{}")
    (folder / "README.md").write_text("Words are not weights.")
    # sha256sum of the two files, and of the two lines that name them.
    one = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    two = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    lines = f"1_Pooling/config.json\0{one}\nmodel.safetensors\0{two}\n"
    record = encoder.encoder_record(lent(str(folder)), str(folder))
    assert record == {"name": str(folder), "sha256": sha256(lines.encode()).hexdigest()}
    (folder / "model.safetensors").write_bytes(b"abd")
    assert encoder.encoder_record(lent(str(folder)), str(folder)) != record


def test_a_memory_comes_from_every_turn_that_made_or_changed_it(support: ModuleType) -> None:
    def turns(*ids: str) -> list[ShownTurn]:
        told = {"session": 1, "time": datetime(2023, 5, 8), "speaker": "Ada", "role": "user"}
        return [ShownTurn(id=id, text="", **told) for id in ids]

    origins = support.Origins()
    origins.add("m1", turns("D1:1", "D1:2"))
    origins.add("m2", turns("D1:3"))
    origins.add("m1", turns("D1:2", "D1:5"))
    assert origins.of("m1") == ["D1:1", "D1:2", "D1:5"]
    assert (origins.of("m2"), origins.of("unknown")) == (["D1:3"], [])
