"""Prints what the installed lmdeploy accepts and returns, as JSON; runs with its interpreter.

    LMDEPLOY_PYTHON scripts/lmdeploy_facts.py

`check_lmdeploy.py` records the output for the tests.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import inspect
import json
import sys
import typing
from collections.abc import Callable
from typing import Any

COMMANDS = ("api_server", "proxy")
CLASSES = ("TurbomindEngineConfig", "PytorchEngineConfig", "GenerationConfig")


def facts() -> dict[str, Any]:
    """Return the signatures, options and fields that this project uses."""
    import lmdeploy
    from lmdeploy.messages import Response
    from lmdeploy.pipeline import Pipeline
    from lmdeploy.serve.openai import protocol

    choice = protocol.ChatCompletionResponseChoice.model_fields["finish_reason"].annotation
    reasons, *_ = typing.get_args(choice)
    return {
        "version": lmdeploy.__version__,
        "classes": {name: fields_of(getattr(lmdeploy, name)) for name in CLASSES},
        "response": fields_of(Response),
        "functions": {
            "pipeline": parameters_of(lmdeploy.pipeline),
            "infer": parameters_of(Pipeline.infer),
            "close": parameters_of(Pipeline.close),
        },
        "commands": {f"serve {name}": options_of(name) for name in COMMANDS},
        "request": list(protocol.ChatCompletionRequest.model_fields),
        "request.response_format": list(protocol.ResponseFormat.model_fields),
        "request.response_format.json_schema": [
            field.alias or name for name, field in protocol.JsonSchema.model_fields.items()
        ],
        "request.stream_options": list(protocol.StreamOptions.model_fields),
        "reply.choices.finish_reason": list(typing.get_args(reasons)),
        "reply.usage": list(protocol.UsageInfo.model_fields),
        "error": list(protocol.ErrorResponse.model_fields),
    }


def fields_of(kind: Any) -> list[str]:
    """Return the names of a dataclass's fields."""
    return [field.name for field in dataclasses.fields(kind)]


def parameters_of(function: Callable[..., Any]) -> list[str]:
    """Return the names of a function's parameters."""
    return [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]


def command_line() -> Any:
    """Return lmdeploy's own parser, with its commands."""
    from lmdeploy.cli.cli import CLI
    from lmdeploy.cli.serve import SubCliServe

    if "api_server" not in SubCliServe.subparsers.choices:
        CLI.add_parsers()
        SubCliServe.add_parsers()
    return CLI.parser


def options_of(command: str) -> dict[str, Any]:
    """Return the arguments of `lmdeploy serve COMMAND` by their names, as argparse has them."""
    from lmdeploy.cli.serve import SubCliServe

    command_line()
    found: dict[str, Any] = {}
    for action in SubCliServe.subparsers.choices[command]._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        kind = action.type if action.type in (int, float) else str
        found[" ".join(action.option_strings) or action.dest] = {
            "type": kind.__name__,
            "nargs": action.nargs,
            "choices": list(action.choices) if action.choices else None,
        }
    return found


def refused_by(arguments: list[str]) -> str | None:
    """Return why lmdeploy refuses a command's arguments, or None."""
    import io

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            command_line().parse_args(arguments)
    except SystemExit:
        return said.getvalue().strip().splitlines()[-1]
    return None


if __name__ == "__main__":
    given = json.loads(sys.argv[1]) if sys.argv[1:] else []
    with contextlib.redirect_stdout(sys.stderr):
        result = {"facts": facts(), "refused": [refused_by(command) for command in given]}
    print(json.dumps(result))
