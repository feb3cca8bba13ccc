"""The backend `transformers`: a model from the Hub or a folder, in this process.

Models that see images need weights in the format of transformers (InternVL's names end in `-hf`);
others answer questions without images. There is no guided decoding: a schema is not enforced.

Questions may contain what a model's tokenizer reads as the end of a turn or as an image. Such a
special token gets a blank after its first character, which makes it ordinary text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from locomo_vqa.errors import LocomoVqaError, MissingResource
from locomo_vqa.install_advice import install_command
from locomo_vqa.key_variables import hide_hub_token
from locomo_vqa.models.batching import Batcher
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelError, ModelFailed
from locomo_vqa.models.cores import usable_cores
from locomo_vqa.models.folders import hash_contents
from locomo_vqa.models.internvl import image_processor_class
from locomo_vqa.models.names import ModelName
from locomo_vqa.models.reply_limit import ReplyLimit
from locomo_vqa.models.special_tokens import break_tokens, special_tokens_of
from locomo_vqa.models.thoughts import reply_of
from locomo_vqa.models.timing import timed
from locomo_vqa.runs import Usage

__all__ = ["TRANSFORMERS_OPTIONS", "TransformersModel", "not_loaded", "source_of"]

TRANSFORMERS_OPTIONS = (
    *("batch", "device", "dtype", "max_tokens", "revision", "threads", "trust_remote_code"),
)
"""The options that a model's name may have."""

_DTYPES = ("auto", "float32", "bfloat16", "float16")


class TransformersModel:
    """A model and its processor, answering in batches.

    Raises:
        MissingResource: the packages or the weights are missing on this machine.
    """

    def __init__(self, name: ModelName) -> None:
        name.check_options(*TRANSFORMERS_OPTIONS)
        self.name = name.shown
        self.in_flight = name.number("batch", 8)
        self._limit = ReplyLimit.of(name)
        threads = name.number("threads", usable_cores())
        self._dtype = name.text("dtype", "auto", *_DTYPES)
        self._model: Any = None
        self._torch, self._transformers = _packages()
        self._torch.set_num_threads(threads)
        default = "cuda" if self._torch.cuda.is_available() else "cpu"
        self._device = name.text("device", default)
        self._load(name, source_of(name))
        self._batcher: Batcher[ChatRequest, ChatReply] = Batcher(
            timed(self._answer), most=self.in_flight, group=self._group
        )

    def identity(self) -> Mapping[str, Any]:
        """Return backend, model, revision or hash of the files, number format and versions."""
        return {
            "backend": "transformers",
            "model": self._target,
            "revision": self._revision,
            "dtype": self._dtype,
            "device": self._device.partition(":")[0],
            "version": self._transformers.__version__,
            **self._limit.identity(),
        }

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request, which is answered in a batch."""
        if request.images and not self._sees:
            raise ModelFailed(f"{self.name} does not see images")
        return await self._batcher.submit(self._limit.apply(request))

    async def close(self) -> None:
        """End the worker thread and release the weights."""
        await self._batcher.close()
        self._model = None

    def _load(self, name: ModelName, source: Mapping[str, Any]) -> None:
        library = self._transformers
        hide_hub_token()
        try:
            config = library.AutoConfig.from_pretrained(name.target, **source)
            self._sees = hasattr(config, "vision_config")
            auto = (
                library.AutoModelForImageTextToText if self._sees else library.AutoModelForCausalLM
            )
            self._processor = _processor(library, config, name.target, self._sees, source)
            model = auto.from_pretrained(name.target, dtype=self._dtype, **source)
            self._model = model.to(self._device).eval()
        except (OSError, ValueError, ImportError, RuntimeError) as error:
            raise not_loaded(name, error) from None
        self._tokenizer = getattr(self._processor, "tokenizer", self._processor)
        self._plain = break_tokens(special_tokens_of(self._processor))
        self._tokenizer.padding_side = "left"
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        folder = Path(name.target)
        self._target = folder.resolve().name if folder.is_dir() else name.target
        commit = getattr(config, "_commit_hash", None)
        self._revision = hash_contents(folder) if folder.is_dir() else commit

    def _answer(self, requests: Sequence[ChatRequest]) -> list[ChatReply | ModelError]:
        """Answer requests of one group (see `_group`) in one batch."""
        torch = self._torch
        tensors = {"return_tensors": "pt", "padding": True}
        inputs = self._processor.apply_chat_template(
            [_conversation(request, self._plain, sees=self._sees) for request in requests],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            **({"processor_kwargs": tensors} if self._sees else tensors),
        ).to(self._device)
        for key, value in inputs.items():
            if torch.is_floating_point(value):
                inputs[key] = value.to(self._model.dtype)
        first = requests[0]
        if first.temperature > 0 and first.seed is not None:
            torch.manual_seed(first.seed)
        with torch.inference_mode():
            output = self._generate(requests, inputs)
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        new = output[:, inputs["input_ids"].shape[1] :]
        return [self._reply(row.tolist(), used) for row, used in zip(new, lengths, strict=True)]

    def _generate(self, requests: Sequence[ChatRequest], inputs: Mapping[str, Any]) -> Any:
        """Return the token ids of prompts and replies, a row for each request."""
        return self._model.generate(
            **inputs, generation_config=self._decoding_settings(requests[0])
        )

    def _group(self, request: ChatRequest) -> tuple[object, ...]:
        """Return what the requests of one batch share; a request with a seed is alone."""
        alone = id(request) if request.temperature > 0 and request.seed is not None else None
        return (bool(request.images), request.max_tokens, request.temperature, alone)

    def _decoding_settings(self, request: ChatRequest) -> Any:
        """Return the decoding settings: greedy at temperature 0, else sampling from all tokens."""
        own = self._model.generation_config
        settings: dict[str, Any] = {"do_sample": False}
        if request.temperature > 0:
            settings = {
                "do_sample": True,
                "temperature": request.temperature,
                "top_k": 0,
                "top_p": 1.0,
            }
        return self._transformers.GenerationConfig(
            max_new_tokens=request.max_tokens,
            eos_token_id=_first_given(own.eos_token_id, self._tokenizer.eos_token_id),
            pad_token_id=self._tokenizer.pad_token_id,
            bos_token_id=own.bos_token_id,
            **settings,
        )

    def _reply(self, tokens: list[int], used: int) -> ChatReply | ModelError:
        """Convert a row of the batch, up to its end token."""
        ends = _first_given(
            self._model.generation_config.eos_token_id, self._tokenizer.eos_token_id
        )
        stops = set(ends if isinstance(ends, list) else [ends])
        end = next((i for i, token in enumerate(tokens) if token in stops), None)
        finish: Literal["stop", "length"] = "length" if end is None else "stop"
        text = self._tokenizer.decode(tokens[:end], skip_special_tokens=True)
        made = len(tokens) if end is None else end + 1
        usage = Usage(input_tokens=used, output_tokens=made, calls=1)
        return reply_of(text, finish=finish, usage=usage, limit=len(tokens))


def source_of(name: ModelName) -> dict[str, Any]:
    """Return the arguments of `from_pretrained` that say where a model comes from."""
    return {
        "revision": name.options.get("revision"),
        "trust_remote_code": name.flag("trust_remote_code"),
    }


def _packages() -> tuple[Any, Any]:
    try:
        return import_module("torch"), import_module("transformers")
    except ImportError as error:
        raise MissingResource(
            f"The backend transformers needs a package that is not installed ({error}).",
            f"Install it: {install_command('models')}.",
        ) from None


def _processor(
    library: Any, config: Any, target: str, sees: bool, source: Mapping[str, Any]
) -> Any:
    if not sees:
        return _tokenizer(library, target, source)
    try:
        return library.AutoProcessor.from_pretrained(target, **source)
    except (
        ImportError,
        OSError,
        ValueError,
    ):  # InternVL's video part is missing, or lacks torchvision.
        if config.model_type != "internvl":
            raise
        return image_processor_class().from_pretrained(target, **source)


def _tokenizer(library: Any, target: str, source: Mapping[str, Any]) -> Any:
    """Load a tokenizer; if it is declared to be just its tokenizer.json, it is loaded as such.

    `AutoTokenizer` loads the class of the model's type instead, which splits texts differently:
    Qwen2's class splits numbers into digits, whatever tokenizer.json says.
    """
    auto = import_module("transformers.models.auto.tokenization_auto")
    declared = auto.get_tokenizer_config(target, **source).get("tokenizer_class")
    general = declared == "TokenizersBackend"
    kind = library.PreTrainedTokenizerFast if general else library.AutoTokenizer
    return kind.from_pretrained(target, **source)


def not_loaded(name: ModelName, error: Exception) -> LocomoVqaError:
    """Return the error for a model that can't be loaded."""
    reason = " ".join(str(error).split())[:300].rstrip(".")
    remedy = f"Check the name; fetch the weights with: hf download {name.target}."
    if "trust_remote_code" in reason:
        remedy = (
            "Use weights in the format of transformers (a name that ends in -hf), or, if you trust "
            "the code that comes with these, add ?trust_remote_code=1."
        )
    return MissingResource(f"{name.label}: can't be loaded ({reason}).", remedy)


def _conversation(
    request: ChatRequest, plain: Callable[[str], str], *, sees: bool
) -> list[dict[str, Any]]:
    """Return a request as messages, with every text in it passed through `plain`."""
    from PIL import Image

    def words(text: str) -> Any:
        return [{"type": "text", "text": plain(text)}] if sees else plain(text)

    images = [
        {"type": "image", "image": Image.open(BytesIO(image.data)).convert("RGB")}
        for image in request.images
    ]
    content = [*images, *words(request.text)] if sees else words(request.text)
    messages = [{"role": "user", "content": content}]
    for reply, objection in request.replies:
        messages.append({"role": "assistant", "content": words(reply)})
        messages.append({"role": "user", "content": words(objection)})
    return messages


def _first_given(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
