"""The documentation's lmdeploy commands and our requests, against lmdeploy as recorded."""

from __future__ import annotations

import pytest

from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.probes import known_images
from scripts.lmdeploy_on_gpu import engines_for, server_command
from tests.core.models.recorded_lmdeploy import RECORD
from tests.core.models.stub_server import completion, stub_server
from tests.core.models.using import ask

from .commands import Refused, documented, parse_as_recorded

DOCUMENTED = documented()


@pytest.mark.parametrize("place", DOCUMENTED)
def test_a_documented_command_is_one(place: str) -> None:
    parse_as_recorded(RECORD, DOCUMENTED[place])


@pytest.mark.parametrize("model", ["embedded", "OpenGVLab/InternVL3-2B-hf"])
def test_the_script_for_a_gpu_starts_servers_by_such_commands(model: str) -> None:
    for engine in engines_for(model):
        _, _, program, *arguments = server_command("python", model, engine, 23333)
        parsed = parse_as_recorded(RECORD, arguments)
        assert (program, parsed.backend, parsed.model_name) == ("lmdeploy", engine, model)


def test_commands_are_found() -> None:
    servers = [command for place, command in DOCUMENTED.items() if "build.md" in place]
    assert [command[:3] for command in servers] == [
        ["serve", "api_server", "OpenGVLab/InternVL3-78B-hf"],
        ["serve", "api_server", "OpenGVLab/InternVL3-2B-hf"],
        ["serve", "proxy", "--server-name"],
        ["serve", "api_server", "OpenGVLab/InternVL3-78B-hf"],
    ]


WRONG = {
    "serve api_server": "the following arguments are required: model_path",
    "serve api_server m --port 1": "unrecognized arguments: --port 1",
    "serve api_server m --tp two": "invalid int value: 'two'",
    "serve api_server m --backend vllm": "invalid choice: 'vllm'",
    "serve proxy --routing-strategy best": "invalid choice: 'best'",
    "serve gradio m": "no command lmdeploy serve gradio",
}


@pytest.mark.parametrize("command", WRONG)
def test_a_wrong_command_is_noticed(command: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_as_recorded(RECORD, command.split())
    assert WRONG[command] in str(caught.value)


def test_every_field_of_a_request_is_known_to_lmdeploy() -> None:
    request = ChatRequest(
        text="t",
        images=known_images(),
        replies=(("a", "b"),),
        schema={"type": "object"},
        temperature=0.7,
        seed=3,
    )
    with stub_server(lambda _: completion("blue")) as stub:
        ask(stub.spec('&body.stream=true&body.stream_options={"include_usage":true}'), request)
    (sent,) = stub.requests
    assert set(sent) <= set(RECORD["request"])
    for name in ("response_format", "response_format.json_schema", "stream_options"):
        value = sent
        for key in name.split("."):
            value = value[key]
        assert set(value) <= set(RECORD[f"request.{name}"])
