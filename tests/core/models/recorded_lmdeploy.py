"""A module with lmdeploy's signatures as recorded from the real package, and no model in it."""

from __future__ import annotations

import json
import sys
from dataclasses import field, make_dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest

RECORD = json.loads((Path(__file__).parent / "lmdeploy_signatures.json").read_text())


def checked(function: str, given: dict[str, Any]) -> None:
    """Refuse a parameter that the real function does not have."""
    unknown = set(given) - set(RECORD["functions"][function])
    if unknown:
        raise TypeError(f"{function}() got an unexpected keyword argument {unknown}")


class Pipeline:
    """Answers "blue" to everything, in the shape of the real one."""

    made: ClassVar[list[dict[str, Any]]] = []
    batches: ClassVar[list[int]] = []
    asked: ClassVar[list[Any]] = []

    def __init__(self, model_path: str, **settings: Any) -> None:
        checked("pipeline", {"model_path": model_path, **settings})
        self.backend_config = settings["backend_config"]
        self.made.append({"model_path": model_path, **settings})
        tokenizer = SimpleNamespace(added_tokens_decoder={}, all_special_tokens=["<|im_end|>"])
        wrapped = SimpleNamespace(model=SimpleNamespace(model=tokenizer))
        self.async_engine = SimpleNamespace(tokenizer=wrapped)

    def infer(self, prompts: list[Any], **settings: Any) -> list[Any]:
        checked("infer", settings)
        assert all(isinstance(message, dict) for prompt in prompts for message in prompt)
        self.asked.extend(prompts)
        configs = settings["gen_config"]
        assert len(configs) == len(prompts)
        self.batches.append(len(prompts))
        return [self._respond(prompt) for prompt in prompts]

    def _respond(self, prompt: list[dict[str, Any]]) -> Any:
        kind = make_dataclass("Response", [(name, Any, field(default=None)) for name in RESPONSE])
        if prompt[-1]["content"] == "fail":
            return kind(text="", finish_reason="error", error_message="input too long")
        return kind(text="blue", generate_token_len=1, input_token_len=5, finish_reason="stop")

    def close(self) -> None:
        checked("close", {})


RESPONSE = RECORD["response"]


def install_recorded_lmdeploy(monkeypatch: pytest.MonkeyPatch) -> type[Pipeline]:
    """Let `import lmdeploy` find it, and return its pipeline class."""
    module: Any = ModuleType("lmdeploy")
    module.__version__ = RECORD["version"]
    for name, names in RECORD["classes"].items():
        fields = [(each, Any, field(default=None)) for each in names]
        setattr(module, name, make_dataclass(name, fields))
    fresh = type("Pipeline", (Pipeline,), {"made": [], "batches": [], "asked": []})
    module.pipeline = fresh
    monkeypatch.setitem(sys.modules, "lmdeploy", module)
    return fresh
