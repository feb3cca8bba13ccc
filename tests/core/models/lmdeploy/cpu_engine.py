"""lmdeploy's own command line with a model of transformers in place of its GPU engine.

    python cpu_engine.py serve api_server FOLDER --backend pytorch …

Everything else is lmdeploy's: the command line, the HTTP layer, its request models, chat template,
image preprocessing, guided decoding, detokenization and replies. Runs with the interpreter of
lmdeploy's environment, so it imports neither this project nor its tests.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import urllib.request
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import Any

import torch
from lmdeploy.messages import EngineOutput, ResponseType, ScheduleMetrics
from lmdeploy.pytorch.engine.guided_process import GuidedDecodingManager
from lmdeploy.pytorch.messages import SamplingParam
from transformers import (
    AutoModelForImageTextToText,
    AutoTokenizer,
    GenerationConfig,
    LogitsProcessor,
)

ABORTED = "abort this request"
"""A prompt that has these words ends as lmdeploy's aborted requests do."""


class CpuEngine:
    """What `AsyncEngine` uses of lmdeploy's engines, over a model of transformers."""

    def __init__(self, folder: str, engine_config: Any) -> None:
        torch.set_num_threads(1)
        self.engine_config = engine_config
        engine_config.max_batch_size = engine_config.max_batch_size or 8
        engine_config.enable_metrics = False  # They are counters of the GPU engines.
        model: Any = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
        self.model = model.eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        vocabulary = model.config.get_text_config().vocab_size
        self.guides = GuidedDecodingManager(self.tokenizer, vocabulary)
        self.lock = threading.Lock()
        self.ticks = 0

    @classmethod
    def from_pretrained(cls, folder: str, *, engine_config: Any, **_: Any) -> CpuEngine:
        """Load a folder, as lmdeploy's engines do."""
        return cls(folder, engine_config)

    def create_instance(self) -> CpuInstance:
        """Return a handle for one request at a time."""
        return CpuInstance(self)

    def start_loop(self) -> bool:
        """Do nothing: each request runs in a thread."""
        return True

    def get_schedule_metrics(self) -> ScheduleMetrics:
        """Return counters that move."""
        self.ticks += 1
        return ScheduleMetrics(active_seqs=1, scheduler_tick=self.ticks)

    async def get_health_status(self) -> dict[str, Any]:
        """Return that it is alive."""
        return {"alive": True, "message": "", "schedule_metrics": self.get_schedule_metrics()}

    def close(self) -> None:
        """Do nothing: the process ends."""

    def generate(
        self, input_ids: list[int], multimodal: list[dict[str, Any]] | None, config: Any
    ) -> list[int]:
        """Return the new tokens, decoded as lmdeploy's sampling parameters say."""
        sampling = SamplingParam.from_gen_config(config)
        inputs: dict[str, Any] = {"input_ids": torch.tensor([input_ids])}
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        if multimodal:
            pixels = torch.cat([item["pixel_values"] for item in multimodal])
            inputs["pixel_values"] = pixels.to(torch.float32)
        guide = Guide(self.guides, config.response_format) if config.response_format else None
        settings = GenerationConfig(
            max_new_tokens=sampling.max_new_tokens,
            do_sample=sampling.top_k != 1,
            eos_token_id=list(sampling.stop_words),
            pad_token_id=self.tokenizer.pad_token_id,
            **({"temperature": sampling.temperature} if sampling.top_k != 1 else {}),
        )
        with self.lock, torch.inference_mode():
            torch.manual_seed(sampling.random_seed % (1 << 63))
            whole = self.model.generate(
                **inputs, generation_config=settings, logits_processor=[guide] if guide else []
            )
        tokens: list[int] = whole[0, len(input_ids) :].tolist()
        return tokens


class Guide(LogitsProcessor):
    """Guided decoding with lmdeploy's own manager, for one sequence."""

    def __init__(self, manager: GuidedDecodingManager, response_format: dict[str, Any]) -> None:
        self._manager = manager
        self._grammar = manager.get_processor(id(self), 0, response_format)
        self._mask = manager.allocate_batched_bitmap(1)
        self._begun = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Rule out the tokens that the grammar does not allow next."""
        if self._begun:
            self._manager.accept_token(self._grammar, int(input_ids[0, -1]))
        self._begun = True
        if not self._manager.is_terminated(self._grammar):
            self._manager.fill_bitmap(self._grammar, self._mask, 0)
            self._manager.apply_batched_bitmap(scores, self._mask)
        return scores


class CpuInstance:
    """A handle for one request at a time."""

    def __init__(self, engine: CpuEngine) -> None:
        self._engine = engine

    async def async_stream_infer(
        self,
        session_id: int,
        *,
        input_ids: list[int],
        gen_config: Any,
        multimodal: list[dict[str, Any]] | None = None,
        **_: Any,
    ) -> AsyncIterator[EngineOutput]:
        """Yield the reply's tokens one by one, and then its end."""
        if ABORTED in self._engine.tokenizer.decode(input_ids):
            yield EngineOutput(ResponseType.SUCCESS, input_ids[:1])
            yield EngineOutput(ResponseType.CANCEL, [])
            return
        tokens = await asyncio.to_thread(self._engine.generate, input_ids, multimodal, gen_config)
        for token in tokens[:-1]:
            yield EngineOutput(ResponseType.SUCCESS, [token])
        yield EngineOutput(ResponseType.FINISH, tokens[-1:])

    async def async_cancel(self, session_id: int) -> None:
        """Do nothing: a request runs to its end."""


def install() -> None:
    """Put the engine in place of lmdeploy's, and answer what it asks CUDA."""
    import lmdeploy.cli.serve
    import lmdeploy.pytorch.engine
    import lmdeploy.vl.engine

    vars(lmdeploy.pytorch.engine)["Engine"] = CpuEngine
    vars(lmdeploy.cli.serve)["get_max_batch_size"] = lambda device: 8
    vars(lmdeploy.vl.engine)["is_bf16_supported"] = lambda device: True
    if find_spec("torchvision") is None:
        import lmdeploy.vl.model.internvl3_hf

        from locomo_vqa.models.internvl import image_processor_class

        vars(lmdeploy.vl.model.internvl3_hf)["AutoProcessor"] = image_processor_class()


def wait_for_proxy(arguments: list[str]) -> None:
    """Wait for the proxy of `--proxy-url`: a server registers there once, when it starts."""
    if "--proxy-url" not in arguments:
        return
    url = arguments[arguments.index("--proxy-url") + 1]
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/nodes/status", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    from lmdeploy.cli import run

    install()
    wait_for_proxy(sys.argv)
    sys.argv[0] = "lmdeploy"
    run()
