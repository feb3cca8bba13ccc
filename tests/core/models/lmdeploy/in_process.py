"""Runs the backend `lmdeploy` in lmdeploy's interpreter, and prints what it did as JSON.

    LMDEPLOY_PYTHON in_process.py FOLDER COMMANDS

`COMMANDS` is a JSON list of arguments of lmdeploy's command line, which are parsed only.

The engine is the CPU's (see `cpu_engine`); configuration classes, pipeline, chat template, image
preprocessing, guided decoding and replies are lmdeploy's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from cpu_engine import install
from in_process_requests import REQUESTS

from locomo_vqa.errors import MissingResource
from locomo_vqa.models.chat import ChatReply
from locomo_vqa.models.lmdeploy_local import LmdeployModel, engine_settings, generation_settings
from locomo_vqa.models.names import parse_name

SPECS = (
    "lmdeploy:a/b",
    "lmdeploy:a/b?tp=4&session_len=4096&revision=r",
    "lmdeploy:a/b?engine=pytorch&tp=2",
)


def configurations() -> list[str]:
    """Make lmdeploy's configuration objects from what the backend passes."""
    import lmdeploy

    made = []
    for spec in SPECS:
        kind, settings = engine_settings(parse_name(spec))
        made.append(repr(getattr(lmdeploy, kind)(**settings)))
    for request in REQUESTS.values():
        config = lmdeploy.GenerationConfig(**generation_settings(request))
        assert config.do_sample == (request.temperature > 0)
    return made


def without_gpu() -> dict[str, str]:
    """Return what the backend says about each engine on a machine without a GPU."""
    tiny = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "num_key_value_heads": 1,
        "vocab_size": 300,
        "max_position_embeddings": 128,
    }
    said = {}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(tiny))
        for engine in ("turbomind", "pytorch"):
            try:
                LmdeployModel(parse_name(f"lmdeploy:{folder}?engine={engine}"))
                said[engine] = "it loaded"
            except MissingResource as error:
                said[engine] = f"{error.message} {error.remedy}".replace(folder, "FOLDER")
    return said


async def replies(folder: str) -> dict[str, Any]:
    """Return the replies to all requests, asked at once, and the backend's identity."""
    model = LmdeployModel(parse_name(f"lmdeploy:{folder}?engine=pytorch"))
    got = await asyncio.gather(*map(model.ask, REQUESTS.values()), return_exceptions=True)
    identity = dict(model.identity())
    await model.close()
    said = {
        name: [reply.text, reply.finish, reply.usage.input_tokens, reply.usage.output_tokens]
        if isinstance(reply, ChatReply)
        else f"{type(reply).__name__}: {reply}"
        for name, reply in zip(REQUESTS, got, strict=True)
    }
    return {"replies": said, "identity": identity}


if __name__ == "__main__":
    from lmdeploy_facts import facts, refused_by

    with contextlib.redirect_stdout(sys.stderr):
        result: dict[str, Any] = {"made": configurations(), "without_gpu": without_gpu()}
        install()
        result |= asyncio.run(replies(sys.argv[1]))
        result["facts"] = facts()
        result["refused"] = [refused_by(command) for command in json.loads(sys.argv[2])]
    sys.stdout.write(f"{json.dumps(result)}\n")
