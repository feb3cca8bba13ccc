"""Every backend that can run here, over the same checks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from locomo_vqa import models
from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import known_images
from tests.core.models.conformance import CHECKS, Check, Traits
from tests.core.models.recorded_lmdeploy import install_recorded_lmdeploy
from tests.core.models.stub_server import completion, stub_server
from tests.core.models.tiny_model import make_tiny_model
from tests.core.models.transformers_server import transformers_server

Backend = tuple[str, Traits]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of small models: images/, served/ and text/."""
    for package in ("torch", "transformers"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("tiny")
    for name, processor in (("pictures", "internvl"), ("served", "llava"), ("text", "none")):
        make_tiny_model(folder / name, processor=processor)
    return folder


@pytest.fixture(scope="module")
def served(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a model behind a real server."""
    model = tiny / "served"
    with transformers_server(model, tmp_path_factory.mktemp("serve")) as url:
        yield f"openai:{url}?model={model}"


@pytest.fixture
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    """A model's name and what it can do."""
    name = request.param
    if name == "openai stub":
        with stub_server(lambda _: completion("blue")) as stub:
            yield stub.spec(), Traits()
    elif name == "openai transformers serve":
        yield request.getfixturevalue("served"), Traits()
    elif name == "transformers":
        folder = request.getfixturevalue("tiny") / "pictures"
        yield f"transformers:{folder}?batch=8&threads=1", Traits()
    elif name == "transformers text":
        folder = request.getfixturevalue("tiny") / "text"
        yield f"transformers:{folder}?threads=1", Traits(images=False)
    elif name == "embedded":
        if not (Path(models.__file__).parent / "embedded" / "small").is_dir():
            pytest.skip("the embedded models are not in this checkout")
        yield "embedded:small?threads=1", Traits(several_images=False, counts_tokens=False)
    else:
        install_recorded_lmdeploy(monkeypatch)
        yield "lmdeploy:some/model", Traits()


BACKENDS = (
    "openai stub",
    pytest.param("openai transformers serve", marks=pytest.mark.slow),
    pytest.param("transformers", marks=pytest.mark.slow),
    pytest.param("transformers text", marks=pytest.mark.slow),
    "embedded",
    "lmdeploy as recorded",
)


@pytest.mark.parametrize("backend", BACKENDS, indirect=True)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_backend(backend: Backend, check: Check) -> None:
    spec, traits = backend

    async def main() -> None:
        model = open_model(spec, timeout_s=250)
        try:
            await check(model, traits)
        finally:
            await model.close()

    asyncio.run(main())


@pytest.mark.slow
def test_the_server_and_the_local_backend_say_the_same(tiny: Path, served: str) -> None:
    requests = [
        ChatRequest(text="What is this?", images=images, replies=replies, max_tokens=8)
        for images in ((), known_images()[:1], known_images())
        for replies in ((), (("a", "b"),))
    ]

    async def replies_of(spec: str) -> list[str]:
        model = open_model(spec)
        texts = [(await model.ask(request)).text for request in requests]
        await model.close()
        return texts

    local = asyncio.run(replies_of(f"transformers:{tiny / 'served'}?threads=1"))
    assert local == asyncio.run(replies_of(served))
    assert len(set(local)) > 1
