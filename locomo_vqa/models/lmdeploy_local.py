"""The backend `lmdeploy`: a model on this machine's GPUs, in this process.

`scripts/check_lmdeploy.py` checks every class, parameter and method used here against the real
package. On lmdeploy 0.18, TurboMind keeps an image's prefix between
questions (InternVL); the PyTorch engine does not.

Special tokens in texts are broken, as the backend `transformers` does it: lmdeploy puts images
where its placeholder is, and refuses a text that has one too many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from locomo_vqa.errors import LocomoVqaError, MissingResource
from locomo_vqa.install_advice import install_command
from locomo_vqa.models.batching import Batcher
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelError, ModelFailed
from locomo_vqa.models.folders import hash_listing
from locomo_vqa.models.messages import messages_of, response_format
from locomo_vqa.models.names import ModelName
from locomo_vqa.models.reply_limit import ReplyLimit
from locomo_vqa.models.special_tokens import break_tokens, special_tokens_of
from locomo_vqa.models.thoughts import reply_of
from locomo_vqa.models.timing import timed
from locomo_vqa.runs import Usage

__all__ = ["LMDEPLOY_OPTIONS", "LmdeployModel", "engine_settings", "generation_settings"]

LMDEPLOY_OPTIONS = (
    *("batch", "engine", "max_tokens", "revision", "session_len", "tp", "trust_remote_code"),
)
"""The options that a model's name may have."""

_IMAGE_PLACEHOLDER = "<IMAGE_TOKEN>"
"""lmdeploy moves the images of a message to the place of this in its text."""

_SERVER = (
    "or serve the model elsewhere with `lmdeploy serve api_server` and use "
    "openai:http://HOST:23333/v1?model=NAME."
)


class LmdeployModel:
    """A pipeline of lmdeploy, answering in batches.

    Raises:
        MissingResource: lmdeploy, a GPU or the weights are missing on this machine.
    """

    def __init__(self, name: ModelName) -> None:
        name.check_options(*LMDEPLOY_OPTIONS)
        self.name = name.shown
        self.in_flight = name.number("batch", 64)
        self._limit = ReplyLimit.of(name)
        self._revision = name.options.get("revision")
        folder = Path(name.target)
        self._target = name.target
        if folder.is_dir():
            self._target, self._revision = folder.resolve().name, hash_listing(folder)
        self._lmdeploy = _package()
        kind, settings = engine_settings(name)
        try:
            self._pipe = self._lmdeploy.pipeline(
                name.target,
                backend_config=getattr(self._lmdeploy, kind)(**settings),
                trust_remote_code=name.flag("trust_remote_code"),
            )
        except (AssertionError, ImportError, OSError, RuntimeError, ValueError) as error:
            raise _not_loaded(name, error) from None
        tokenizer = self._pipe.async_engine.tokenizer.model.model
        self._plain = break_tokens({*special_tokens_of(tokenizer), _IMAGE_PLACEHOLDER})
        self._batcher: Batcher[ChatRequest, ChatReply] = Batcher(
            timed(self._answer), most=self.in_flight, group=lambda request: None
        )

    def identity(self) -> Mapping[str, Any]:
        """Return backend, engine, model, revision and version.

        The engine is the one that runs: where TurboMind does not support a model, lmdeploy uses
        PyTorch instead.
        """
        return {
            "backend": "lmdeploy",
            "engine": type(self._pipe.backend_config).__name__,
            "model": self._target,
            "revision": self._revision,
            "version": self._lmdeploy.__version__,
            **self._limit.identity(),
        }

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request, which is answered in a batch."""
        return await self._batcher.submit(self._limit.apply(request))

    async def close(self) -> None:
        """End the worker thread and the engine."""
        await self._batcher.close()
        self._pipe.close()

    def _answer(self, requests: Sequence[ChatRequest]) -> list[ChatReply | ModelError]:
        make = self._lmdeploy.GenerationConfig
        responses = self._pipe.infer(
            [messages_of(_broken(request, self._plain)) for request in requests],
            gen_config=[make(**generation_settings(request)) for request in requests],
        )
        return [_reply(response) for response in responses]


def _broken(request: ChatRequest, plain: Callable[[str], str]) -> ChatRequest:
    """Return the request with every text passed through `plain`."""
    replies = tuple((plain(reply), plain(objection)) for reply, objection in request.replies)
    return replace(request, text=plain(request.text), replies=replies)


def engine_settings(name: ModelName) -> tuple[str, dict[str, Any]]:
    """Return the engine's configuration: the name of its class and its fields."""
    settings: dict[str, Any] = {
        "tp": name.number("tp", 1),
        "enable_prefix_caching": True,
    }
    if "session_len" in name.options:
        settings["session_len"] = name.number("session_len", 0)
    if "revision" in name.options:
        settings["revision"] = name.options["revision"]
    engine = name.text("engine", "turbomind", "turbomind", "pytorch")
    kinds = {"turbomind": "TurbomindEngineConfig", "pytorch": "PytorchEngineConfig"}
    return kinds[engine], settings


def generation_settings(request: ChatRequest) -> dict[str, Any]:
    """Return the fields of lmdeploy's GenerationConfig: greedy at temperature 0."""
    settings: dict[str, Any] = {"max_new_tokens": request.max_tokens, "do_sample": False}
    if request.temperature > 0:
        settings |= {
            "do_sample": True,
            "temperature": request.temperature,
            "top_p": 1.0,
            "top_k": 0,
            "random_seed": request.seed,
        }
    if request.schema is not None:
        settings["response_format"] = response_format(request)
    return settings


def _reply(response: Any) -> ChatReply | ModelError:
    """Convert an `lmdeploy.Response`, which may be a failure."""
    if response.finish_reason not in ("stop", "length"):
        reason = response.error_message or response.finish_reason or "no reason given"
        return ModelFailed(f"lmdeploy failed: {reason}")
    return reply_of(
        response.text,
        finish=response.finish_reason,
        usage=Usage(
            input_tokens=response.input_token_len,
            output_tokens=response.generate_token_len,
            calls=1,
        ),
    )


def _package() -> Any:
    try:
        return import_module("lmdeploy")
    except ImportError as error:
        raise MissingResource(
            f"The backend lmdeploy needs a package that is not installed ({error}).",
            f"Install it in a separate environment: {install_command('lmdeploy')}; " + _SERVER,
        ) from None


def _not_loaded(name: ModelName, error: Exception) -> LocomoVqaError:
    reason = " ".join(str(error).split())[:300]
    remedy = f"Check the name; fetch the weights with: hf download {name.target}."
    if "NVIDIA" in reason or "CUDA" in reason:
        remedy = "Use a machine with an NVIDIA GPU and its driver, " + _SERVER
    elif "trust_remote_code" in reason or "trust-remote-code" in reason:
        remedy = "If you trust the code that comes with the weights, add ?trust_remote_code=1."
    return MissingResource(f"{name.label}: can't be loaded ({reason}).", remedy)
