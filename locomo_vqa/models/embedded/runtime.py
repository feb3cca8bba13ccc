"""Runs an embedded model on onnxruntime, from the checkpoint's own weights file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.models.cores import onnx_options
from locomo_vqa.models.embedded.lora import Lora, read_lora
from locomo_vqa.models.embedded.pixels import to_pixels
from locomo_vqa.models.embedded.weights import read_bf16_header, read_tensor

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]
    from tokenizers import Tokenizer

__all__ = [
    "FILES",
    "SIZES",
    "EmbeddedModel",
    "EmbeddedPrompt",
    "EmbeddedReply",
    "Size",
]

Size = Literal["large", "small", "student", "text-large"]
"""`large` writes and answers questions about images; `small` only answers, and less well.
`text-large` runs the text stages of a memory system: extraction, update, answering. `student` does
both, carelessly."""

SIZES: tuple[Size, ...] = ("large", "small")
"""The models that see images."""

STUDENT: Size = "student"
"""The model that sees images and runs the text stages, and that experts are trained for."""

FILES = ("config.json", "model.safetensors", "text.onnx", "text_lora.onnx", "tokenizer.json")
"""The files of a model's folder; a model that sees images also has a vision.onnx."""

_EMBEDDINGS = ("language_model.model.embed_tokens.weight", "model.embed_tokens.weight")
_BATCH = 32
_NEVER = np.float32(-1e9)

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EmbeddedPrompt:
    """One user turn."""

    text: str
    image: bytes | None = None
    """An encoded image, placed before the text."""


@dataclass(frozen=True, slots=True)
class EmbeddedReply:
    """A model's reply, and the tokens that it read and wrote."""

    text: str
    input_tokens: int
    """Tokens of the prompt: the chat format around it, its image and its text."""
    output_tokens: int
    """Tokens of the reply, with its end token if it has one."""
    ended: bool
    """Whether it is complete; otherwise it was cut off."""


@dataclass(frozen=True, slots=True)
class _Config:
    """The values of config.json that the runtime needs."""

    image_tokens: int
    """Tokens of an image; 0 for a model that does not see images."""
    end: int
    limit: int
    """The most tokens of prompt and reply together."""
    layers: int
    key_value_heads: int
    head_size: int

    @classmethod
    def read(cls, file: Path) -> _Config:
        values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        text = values.get("text_config", values)
        return cls(
            image_tokens=values.get("image_seq_length", 0),
            end=text["eos_token_id"],
            limit=text["max_position_embeddings"],
            layers=text["num_hidden_layers"],
            key_value_heads=text["num_key_value_heads"],
            head_size=text["hidden_size"] // text["num_attention_heads"],
        )


class EmbeddedModel:
    """One of the package's own models, loaded when it is first asked.

    The same prompts give the same replies.

    Raises:
        MissingResource: a file of the model is missing.
    """

    def __init__(self, size: Size, *, folder: Path | None = None) -> None:
        self._folder = folder or Path(__file__).parent / size
        for name in FILES:
            if not (self._folder / name).exists():
                raise MissingResource(
                    f"{self._folder}: {name} of embedded:{size} is missing.",
                    "Reinstall locomo-vqa; its wheel includes it.",
                )
        self._config = _Config.read(self._folder / "config.json")
        self.sees = self._config.image_tokens > 0
        self._sessions: dict[tuple[str, int], InferenceSession] = {}

    def load(self, threads: int = 1, *, lora: bool = False) -> None:
        """Load everything, so that the first reply takes no longer than the others.

        With `lora`, for replies with an adapter.
        """
        _ = self._prompt_frame, self._plain_tokenizer, self._embedding_table
        text = "text_lora" if lora else "text"
        for part in (text, "vision") if self.sees else (text,):
            self._session(part, threads)

    def read_lora(self, weights: Path, config: Mapping[str, Any]) -> Lora:
        """Return an adapter for `reply`; see `lora.read_lora`."""
        known = {
            each.name: tuple(each.shape) for each in self._session("text_lora", 1).get_inputs()
        }
        optional = self._session("text_lora", 1).get_overridable_initializers()
        known |= {each.name: tuple(each.shape) for each in optional}
        return read_lora(weights, config, known)

    def generate(
        self, prompts: Sequence[EmbeddedPrompt], max_new_tokens: int, threads: int = 1
    ) -> list[str]:
        """Return the greedy reply to each prompt, in order.

        Raises:
            InputError: a prompt is too long, or has an image that can't be decoded or that the
                model does not see.
        """
        return [reply.text for reply in self.reply(prompts, max_new_tokens, threads)]

    def reply(
        self,
        prompts: Sequence[EmbeddedPrompt],
        max_new_tokens: int,
        threads: int = 1,
        *,
        lora: Lora | None = None,
    ) -> list[EmbeddedReply]:
        """Return the replies of `generate` with token counts; raises the same errors.

        `lora` is an adapter to reply with.
        """
        encoded = [self._encode(prompt, max_new_tokens) for prompt in prompts]
        seen = self._encode_images(prompts, threads)
        order = sorted(range(len(prompts)), key=lambda index: len(encoded[index]))
        replies: dict[int, EmbeddedReply] = {}
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            inputs = [self._embed(encoded[k], prompts[k], seen) for k in chosen]
            written = self._decode_greedily(inputs, max_new_tokens, threads, lora)
            for index, tokens in zip(chosen, written, strict=True):
                text = self._tokenizer.decode(tokens, skip_special_tokens=True)
                ended = len(tokens) < max_new_tokens
                made = len(tokens) + ended
                replies[index] = EmbeddedReply(text, len(encoded[index]), made, ended)
        return [replies[index] for index in range(len(prompts))]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self._folder / "tokenizer.json"))

    @cached_property
    def _plain_tokenizer(self) -> Tokenizer:
        """The tokenizer that reads special tokens in a prompt as ordinary text."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.encode_special_tokens = True
        return tokenizer

    @cached_property
    def _embedding_table(self) -> _Floats:
        file = self._folder / "model.safetensors"
        header = read_bf16_header(file)
        name = next(name for name in _EMBEDDINGS if name in header)
        return read_tensor(file, header[name])

    @cached_property
    def _prompt_frame(self) -> tuple[list[int], list[int], list[int]]:
        """The tokens before a prompt, of its image, and after it."""
        context = "<IMG_CONTEXT>" * self._config.image_tokens
        texts = (
            "<|im_start|>user\n",
            f"<img>{context}</img>",
            "<|im_end|>\n<|im_start|>assistant\n",
        )
        before, image, after = (self._tokenizer.encode(text).ids for text in texts)
        return before, image, after

    def _encode(self, prompt: EmbeddedPrompt, room: int) -> list[int]:
        before, image, after = self._prompt_frame
        if prompt.image is not None and not self.sees:
            raise InputError("The model does not see images.", "Use embedded:large.")
        if prompt.image is None:
            ids = [*before, *self._plain_tokenizer.encode(prompt.text).ids, *after]
        else:
            ids = [*before, *image, *self._plain_tokenizer.encode(f"\n{prompt.text}").ids, *after]
        if len(ids) + room > self._config.limit:
            raise InputError(
                f"A prompt of {len(ids)} tokens and a reply of up to {room} are too long for the "
                f"embedded model, which takes {self._config.limit} in all.",
                "Use a shorter prompt or another model.",
            )
        return ids

    def _encode_images(
        self, prompts: Sequence[EmbeddedPrompt], threads: int
    ) -> dict[bytes, _Floats]:
        """Return the tokens of each distinct image, of shape (tokens, width)."""
        images = list(dict.fromkeys(p.image for p in prompts if p.image is not None))
        seen: dict[bytes, _Floats] = {}
        for start in range(0, len(images), _BATCH):
            chosen = images[start : start + _BATCH]
            pixels = np.stack([to_pixels(image) for image in chosen])
            (tokens,) = self._session("vision", threads).run(None, {"pixels": pixels})
            seen.update(zip(chosen, tokens, strict=True))
        return seen

    def _embed(
        self, ids: Sequence[int], prompt: EmbeddedPrompt, seen: dict[bytes, _Floats]
    ) -> _Floats:
        vectors: _Floats = self._embedding_table[np.asarray(ids)]
        if prompt.image is not None:
            first = len(self._prompt_frame[0]) + 1
            vectors[first : first + self._config.image_tokens] = seen[prompt.image]
        return vectors

    def _decode_greedily(
        self, inputs: list[_Floats], room: int, threads: int, lora: Lora | None
    ) -> list[list[int]]:
        """Decode greedily; prompts are padded on the left, where attention is masked."""
        session = self._session("text" if lora is None else "text_lora", threads)
        longest, rows = max(map(len, inputs)), len(inputs)
        padding = np.array([longest - len(each) for each in inputs])
        vectors = np.zeros((rows, longest, self._embedding_table.shape[1]), np.float32)
        for row, each in enumerate(inputs):
            vectors[row, padding[row] :] = each
        config = self._config
        shape = (config.layers, rows, config.key_value_heads, 0, config.head_size)
        past = np.zeros(shape, np.float32)
        feed = {"embeddings": vectors, "past_keys": past, "past_values": past, **(lora or {})}
        positions = np.arange(longest)[None] - padding[:, None]
        replies: list[list[int]] = [[] for _ in inputs]
        done = np.zeros(rows, bool)
        for step in range(room):
            feed["positions"] = np.maximum(positions, 0).astype(np.int64)
            feed["mask"] = _mask(padding, longest + step, positions.shape[1])
            logits, feed["past_keys"], feed["past_values"] = session.run(None, feed)
            tokens = logits.argmax(-1)
            done |= tokens == self._config.end
            for index in np.flatnonzero(~done):
                replies[int(index)].append(int(tokens[index]))
            if done.all():
                break
            positions = (longest + step - padding)[:, None]
            feed["embeddings"] = self._embedding_table[tokens][:, None]
        return replies

    def _session(self, part: str, threads: int) -> InferenceSession:
        if (part, threads) not in self._sessions:
            import onnxruntime

            self._sessions[part, threads] = onnxruntime.InferenceSession(
                str(self._folder / f"{part}.onnx"),
                onnx_options(threads),
                providers=["CPUExecutionProvider"],
            )
        return self._sessions[part, threads]


def _mask(padding: NDArray[np.int64], total: int, asking: int) -> _Floats:
    """Return what is added to attention, of shape (rows, 1, asking, total)."""
    column = np.arange(total)
    later = column[None] > np.arange(total - asking, total)[:, None]
    hidden = later[None] | (column[None, None] < padding[:, None, None])
    return np.where(hidden, _NEVER, np.float32(0))[:, None].astype(np.float32)
