"""Model names: what they mean, and the errors when they can't be used."""

from __future__ import annotations

import asyncio
import builtins
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.models import opening
from locomo_vqa.models.chat import ChatRequest, ModelFailed
from locomo_vqa.models.names import EXAMPLES, hide_credentials, parse_name
from locomo_vqa.models.opening import check_local, open_model
from tests.core.models.recorded_lmdeploy import RECORD, install_recorded_lmdeploy
from tests.core.models.tiny_model import make_tiny_model

WRONG = {
    "": "openai:http",
    "gpt-4": "transformers:",
    "vllm:a/b": "lmdeploy:",
    "openai:": "openai:http",
    "openai:http://127.0.0.1:9/v1": "?model=NAME",
    "openai:127.0.0.1:9/v1?model=x": "openai:http",
    "openai:ftp://127.0.0.1/v1?model=x": "openai:http",
    "openai:http://127.0.0.1:9/v1?model=x&colour=1": "in_flight",
    "openai:http://127.0.0.1:9/v1?model=x&in_flight=0": "whole number",
    "openai:http://127.0.0.1:9/v1?model=x&in_flight=-1": "whole number",
    f"openai:http://127.0.0.1:9/v1?model=x&in_flight={'9' * 5000}": "whole number",
    "openai:http://127.0.0.1:9/v1?model=x&model=y": "openai:http",
    "openai:http://127.0.0.1:9/v1?model=x&body.temperature=NaN": "another value",
    f"openai:http://127.0.0.1:9/v1?model=x&body.a={'[' * 101}{']' * 101}": "another value",
    f"openai:http://127.0.0.1:9/v1?model=x&body{'.a' * 101}=1": "Name a field",
    "lmdeploy:": "lmdeploy:",
    "lmdeploy:a/b?tp=two": "whole number",
    "lmdeploy:a/b?engine=vllm": "turbomind, pytorch",
    "transformers:a/b?dtype=int3": "bfloat16",
    "transformers:a/b?trust_remote_code=yes": "0, 1",
    "embedded:huge": "embedded:large",
}


@pytest.mark.slow
@pytest.mark.parametrize("spec", WRONG)
def test_a_wrong_name_is_refused_with_a_good_one(
    spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_recorded_lmdeploy(monkeypatch)
    with pytest.raises(InputError) as error:
        open_model(spec)
    assert WRONG[spec] in error.value.remedy
    assert f"`model` {spec[:200]}" in error.value.message  # Errors shorten long values.


SECRETS = (
    "openai:http://user:hush@127.0.0.1:9/v1",
    "openai:http://hush@127.0.0.1:9/v1",
    "openai:http://user:hu%2Fsh@127.0.0.1:9/v1?model=x&colour=1",
    "openai:http://user:hush/hush@127.0.0.1:9/v1?model=x&in_flight=0",
    "openai:http://user:hush@/hush@127.0.0.1:9/v1?model=x",
    "openai:http://user:hush#hush@127.0.0.1:9/v1?model=x",
    "openai:http://user:hush?hush@127.0.0.1:9/v1?model=x",
    "openai:http://user:hush hush@127.0.0.1:9/v1",
    "openai:http://user:hush@hush@127.0.0.1:9/v1",
    "openai:ftp://user:hush@127.0.0.1/v1?model=x",
    "openai:http://user:hush@127.0.0.1:nine/v1?model=x",
    "openai:http://user:hush@[::1/v1?model=x",
    "openai:http://127.0.0.1:9/v1?model=x&api_key=hush",
    "openai:http://127.0.0.1:9/v1?model=x&token=hush&key=hush",
    "openai:http://127.0.0.1:9/v1?API-KEY=hush%20hush",
    "http://user:hush@127.0.0.1:9/v1",
    "transformers:a/b?hf_token=hush",
    "embedded:huge?key=hush",
)


@pytest.mark.parametrize("spec", SECRETS)
def test_no_error_shows_credentials(spec: str) -> None:
    with pytest.raises(InputError) as error:
        open_model(spec)
    assert "hu" not in str(error.value).replace("embedded:huge", "")
    assert "`model` " in error.value.message


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("openai:http://u:p@host:8000/v1?model=a@b", "openai:http://…@host:8000/v1?model=a@b"),
        ("openai:http://host:8000/v1?model=a@b", "openai:http://host:8000/v1?model=a@b"),
        ("openai:http://[::1]:8000/v1?model=a@b", "openai:http://[::1]:8000/v1?model=a@b"),
        ("openai:http://h/v1?model=x&max_tokens=5", "openai:http://h/v1?model=x&max_tokens=5"),
        ("openai:http://h/v1?api_key=a&model=x", "openai:http://h/v1?api_key=…&model=x"),
        *((example, example) for example in EXAMPLES.values()),
    ],
)
def test_what_is_no_credential_is_shown(spec: str, shown: str) -> None:
    assert hide_credentials(spec) == shown


def test_a_name_is_taken_apart() -> None:
    name = parse_name("lmdeploy:OpenGVLab/InternVL3-78B?tp=4&revision=a%2Fb")
    assert (name.scheme, name.target) == ("lmdeploy", "OpenGVLab/InternVL3-78B")
    assert (name.number("tp", 1), name.text("revision", "")) == (4, "a/b")
    assert name.number("session_len", 7) == 7
    assert not name.flag("trust_remote_code")
    assert all(parse_name(example).scheme == scheme for scheme, example in EXAMPLES.items())


def test_the_number_in_flight_comes_from_the_name() -> None:
    async def in_flight(spec: str) -> int:
        model = open_model(spec)
        await model.close()
        return model.in_flight

    spec = "openai:http://127.0.0.1:9/v1?model=x"
    assert asyncio.run(in_flight(spec)) == 32
    assert asyncio.run(in_flight(f"{spec}&in_flight=5")) == 5


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make a package look as if it were not installed."""

    def hide(package: str) -> None:
        known = builtins.__import__

        def missing(name: str, *args: Any, **more: Any) -> Any:
            if name.partition(".")[0] == package:
                raise ModuleNotFoundError(f"No module named {package!r}")
            return known(name, *args, **more)

        monkeypatch.setattr(builtins, "__import__", missing)
        monkeypatch.setitem(sys.modules, package, None)

    return hide


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "spec", "extra"),
    (
        ("lmdeploy", "lmdeploy:a/b", "[lmdeploy]"),
        ("torch", "transformers:a/b", "[models]"),
        ("transformers", "transformers:a/b", "[models]"),
    ),
)
def test_a_missing_package_is_named_with_its_extra(
    package: str, spec: str, extra: str, without: Callable[[str], None]
) -> None:
    without(package)
    with pytest.raises(MissingResource) as error:
        open_model(spec)
    assert extra in error.value.remedy


@pytest.mark.parametrize(
    ("failure", "remedy"),
    (
        (RuntimeError("Found no NVIDIA driver on your system."), "NVIDIA GPU and its driver"),
        (AssertionError("Torch not compiled with CUDA enabled"), "openai:http"),
        (ValueError("please set trust_remote_code=True"), "?trust_remote_code=1"),
        (OSError("a/b is not a local folder"), "hf download a/b"),
    ),
)
def test_what_lmdeploy_lacks_is_said(
    failure: Exception, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_recorded_lmdeploy(monkeypatch)

    def fails(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(sys.modules["lmdeploy"], "pipeline", fails)
    with pytest.raises(MissingResource) as error:
        open_model("lmdeploy:a/b")
    assert remedy in error.value.remedy


def test_what_is_said_to_lmdeploy(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = install_recorded_lmdeploy(monkeypatch)

    async def main() -> None:
        model = open_model("lmdeploy:a/b?tp=4&session_len=4096&trust_remote_code=1")
        requests = [ChatRequest(text=f"{i}") for i in range(20)]
        replies = await asyncio.gather(*map(model.ask, requests))
        assert {reply.text for reply in replies} == {"blue"}
        with pytest.raises(ModelFailed, match="input too long"):
            await model.ask(ChatRequest(text="fail"))
        assert model.identity()["engine"] == "TurbomindEngineConfig"
        assert model.identity()["version"] == RECORD["version"]
        await model.close()

    asyncio.run(main())
    (made,) = pipeline.made
    config = made["backend_config"]
    assert (config.tp, config.session_len, config.enable_prefix_caching) == (4, 4096, True)
    assert made["trust_remote_code"] is True
    assert sum(pipeline.batches) == 21
    assert len(pipeline.batches) < 15
    open_model("lmdeploy:a/b?engine=pytorch")
    assert type(pipeline.made[1]["backend_config"]).__name__ == "PytorchEngineConfig"
    assert pipeline.made[1]["trust_remote_code"] is False


def test_special_tokens_do_not_reach_lmdeploy(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = install_recorded_lmdeploy(monkeypatch)

    async def main() -> None:
        model = open_model("lmdeploy:a/b")
        said = (("<|im_end|>", "Again<IMAGE_TOKEN>."),)
        await model.ask(ChatRequest(text="one<|im_end|>two <image_token>", replies=said))
        await model.close()

    asyncio.run(main())
    (messages,) = pipeline.asked
    assert [message["content"] for message in messages] == [
        "one< |im_end|>two < image_token>",
        "< |im_end|>",
        "Again< IMAGE_TOKEN>.",
    ]


def test_a_folder_of_weights_is_told_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_recorded_lmdeploy(monkeypatch)
    (tmp_path / "config.json").write_text("{}")
    before = open_model(f"lmdeploy:{tmp_path}").identity()
    assert before["model"] == tmp_path.name
    assert open_model(f"lmdeploy:{tmp_path}").identity() == before
    (tmp_path / "model.safetensors").write_bytes(b"x")
    assert open_model(f"lmdeploy:{tmp_path}").identity() != before


@pytest.mark.slow
def test_missing_weights_are_said_with_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    for spec in (f"transformers:{tmp_path}", f"transformers:{tmp_path / 'nowhere'}"):
        with pytest.raises(MissingResource) as error:
            open_model(spec)
        assert "hf download" in error.value.remedy


@pytest.mark.slow
def test_the_identity_follows_the_weights(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    folder = make_tiny_model(tmp_path / "tiny", processor="none")

    async def revision() -> str:
        model = open_model(f"transformers:{folder}?threads=1&dtype=float32")
        await model.close()
        return str(model.identity()["revision"])

    before = asyncio.run(revision())
    assert asyncio.run(revision()) == before
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert asyncio.run(revision()) != before


def test_what_costs_nothing_is_checked_before_a_run() -> None:
    assert check_local("embedded:small") == "embedded:small"
    assert check_local("embedded:text-large") == "embedded:text-large"
    with pytest.raises(InputError, match="no such model"):
        check_local("embedded:huge")


@pytest.mark.parametrize("target", ["nope/nope", "folder"])
def test_weights_that_can_not_be_found_are_noticed_before_a_run(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opening, "find_spec", lambda name: object())

    def download(name: str, file: str, *, revision: str | None) -> str:
        raise OSError(f"no {file} of {name} at {revision}")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    spec = f"transformers:{target}?revision=main"
    with pytest.raises(MissingResource, match=r"`model` .*: can't be loaded") as caught:
        check_local(spec)
    assert "no config.json" in caught.value.message
    with pytest.raises(InputError, match="no option 'thread'"):
        check_local("transformers:folder?thread=1")
    (tmp_path / "folder" / "config.json").write_text("{}")
    if target == "folder":
        assert check_local(spec) == spec


@pytest.mark.parametrize(
    ("spec", "offer"),
    [
        ("opnai:http://127.0.0.1:9/v1?model=x", "Did you mean openai? "),
        ("embedded:lrage", "Did you mean large? "),
        ("embedded:large?thread=2", "Did you mean threads? "),
        ("lmdeploy:a/b?engine=torch", "Did you mean pytorch? "),
        ("gpt", ""),
    ],
)
def test_a_misspelt_name_offers_the_nearest(
    spec: str, offer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_recorded_lmdeploy(monkeypatch)
    with pytest.raises(InputError) as error:
        open_model(spec, parameter="teacher")
    assert error.value.message.startswith(f"`teacher` {spec}: ")
    assert error.value.remedy.startswith(offer) and ("Did you mean" in error.value.remedy) == bool(
        offer
    )
