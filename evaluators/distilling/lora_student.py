"""A transformers model with a new LoRA: its prompts, loss and weights."""

from __future__ import annotations

import gc
import json
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, sha256_file, write_json
from locomo_vqa.images import for_model, read_image_bytes
from locomo_vqa.models.expert_fit import check_peft
from locomo_vqa.models.experts import CONFIG, WEIGHTS
from locomo_vqa.models.names import ModelName
from locomo_vqa.models.transformers_local import TransformersModel

from .examples import Example
from .lora_settings import LoraSettings

__all__ = ["EncodedExample", "LoraStudent"]

_QUERY_VALUE = ("q_proj", "v_proj")
_NO_LABEL = -100
_PREFIXES = ("", " ")
_PREFIX_EXAMPLES = 32
_MOST_KEPT_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class EncodedExample:
    """An example as tokens."""

    ids: tuple[int, ...]
    """The tokens of the prompt and the reply, and the token that ends the reply."""
    prompt: int
    """The number of tokens of the prompt."""
    image: Path | None = None
    """The file of the image before the prompt."""

    @property
    def learned(self) -> int:
        """The number of tokens that count in the loss."""
        return len(self.ids) - self.prompt


class LoraStudent(TransformersModel):
    """A base model with frozen weights, and a LoRA that is trained.

    As in inference, prompts are made with the chat template, and special tokens in their text are
    broken up. The base model is in bf16 on a GPU and in float32 on a CPU, unless its name sets a
    dtype; the LoRA is in float32.

    Raises:
        InputError: the model has none of the wanted layers.
        MissingResource: the packages or the base model's weights are not on this machine.
    """

    def __init__(self, name: ModelName, settings: LoraSettings) -> None:
        check_peft()
        self._settings = settings
        self._peft = import_module("peft")
        super().__init__(_in_training_format(name))
        self._torch.manual_seed(settings.seed)
        config = self._peft.LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules=self._target_layers(),
            bias="none",
            task_type="CAUSAL_LM",
        )
        with warnings.catch_warnings():
            # Tied embeddings, which peft warns about, are not trained.
            warnings.simplefilter("ignore")
            self._model = self._peft.get_peft_model(self._model, config)
        self._end = self._end_token()
        self.prefix = ""
        """The text that every reply begins with; see `choose_prefix`."""
        self._seen: dict[Path, Any] = {}
        self._kept_bytes = 0

    @property
    def model(self) -> Any:
        """The torch module: the base model with its LoRA."""
        return self._model

    @property
    def limit(self) -> int:
        """The maximum number of tokens in an example."""
        text = self._model.config.get_text_config()
        room = getattr(text, "max_position_embeddings", None) or self._settings.max_tokens
        return min(self._settings.max_tokens, int(room))

    def trainable(self) -> list[Any]:
        """Return the LoRA's parameters."""
        return [weight for weight in self._model.parameters() if weight.requires_grad]

    def choose_prefix(self, examples: Sequence[Example]) -> None:
        """Begin replies with a space if that makes the first examples likelier to the base model.

        Some models begin their replies with a space, which is stripped later. Such a model knows
        " Kyoto" as a word, but would have to learn the spelling of "Kyoto".
        """
        fitting = (each for each in examples if len(self.encode(each).ids) < self.limit)
        some = list(islice(fitting, _PREFIX_EXAMPLES))
        losses = {}
        self._model.eval()
        with self._torch.inference_mode():
            for prefix in _PREFIXES:
                self.prefix = prefix
                losses[prefix] = sum(float(self.loss([self.encode(each)])) for each in some)
        self.prefix = min(_PREFIXES, key=lambda prefix: losses[prefix])

    def encode(self, example: Example) -> EncodedExample:
        """Return an example as tokens, encoded exactly as prompt and reply are in inference."""
        prompt = self._prompt_ids(self._plain(example.prompt), example.image)
        reply = self._plain(f"{self.prefix}{example.reply}")
        said = self._tokenizer.encode(reply, add_special_tokens=False)
        return EncodedExample((*prompt, *said, self._end), len(prompt), example.image)

    def loss(self, examples: Sequence[EncodedExample]) -> Any:
        """Return the sum of the next-token losses over the reply tokens, in nats."""
        torch = self._torch
        longest = max(len(each.ids) for each in examples)
        reply = max(each.learned for each in examples)
        pad = self._tokenizer.pad_token_id
        ids = torch.full((len(examples), longest), pad)
        mask = torch.zeros_like(ids)
        labels = torch.full_like(ids, _NO_LABEL)
        for row, each in enumerate(examples):  # Padded on the left, as in inference.
            ids[row, -len(each.ids) :] = torch.tensor(each.ids)
            mask[row, -len(each.ids) :] = 1
            labels[row, -each.learned :] = ids[row, -each.learned :]
        ids, mask = ids.to(self._device), mask.to(self._device)
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
            logits_to_keep=reply + 1,
            use_cache=False,
            **self._pixels(examples),
        )
        logits = output.logits[:, :-1].float().flatten(0, 1)
        wanted = labels[:, -reply:].to(self._device).flatten()
        return torch.nn.functional.cross_entropy(
            logits, wanted, ignore_index=_NO_LABEL, reduction="sum"
        )

    def weights(self) -> dict[str, Any]:
        """Return a copy of the LoRA's weights, on the CPU."""
        state = self._peft.get_peft_model_state_dict(self._model, save_embedding_layers=False)
        return {name: weight.detach().cpu().clone() for name, weight in state.items()}

    def load(self, weights: Mapping[str, Any]) -> None:
        """Replace the LoRA's weights."""
        self._peft.set_peft_model_state_dict(self._model, dict(weights))

    def release(self) -> None:
        """Free the weights and pixels now: a cycle of references would keep them for a while."""
        self._model = None
        self._seen.clear()
        gc.collect()

    def save(self, folder: Path) -> str:
        """Write the adapter in peft's format, without local paths; return the weights' SHA-256."""
        self._model.save_pretrained(str(folder), save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
        config = read_json(folder / CONFIG, what="the adapter's configuration")
        config["base_model_name_or_path"] = self._target
        config["target_modules"] = sorted(config["target_modules"])
        write_json(folder / CONFIG, json.loads(json.dumps(config, sort_keys=True)))
        shutil.copymode(folder / CONFIG, folder / WEIGHTS)  # Others could not read it.
        return sha256_file(folder / WEIGHTS)

    def _target_layers(self) -> list[str]:
        """Return the names of the linear layers in the language model that get a LoRA."""
        torch = self._torch
        output = self._model.get_output_embeddings()
        names = [
            name
            for name, module in self._model.named_modules()
            if isinstance(module, torch.nn.Linear) and module is not output
        ]
        if self._sees:
            names = [name for name in names if "language_model" in name]
        if self._settings.targets == "query-value":
            names = [name for name in names if name.endswith(_QUERY_VALUE)]
        if not names:
            raise InputError(
                f"`student` {self.name} has no linear layers for {self._settings.targets}.",
                "Name a model with linear layers, such as transformers:google/gemma-2-2b-it.",
            )
        return names

    def _prompt_ids(self, text: str, image: Path | None) -> list[int]:
        found = self._prompt(text, image)["input_ids"]
        nested = bool(found) and isinstance(found[0], list)
        return list(found[0] if nested else found)

    def _pixels(self, examples: Sequence[EncodedExample]) -> dict[str, Any]:
        """Return the pixels of the examples' images, in order, as the model takes them."""
        found = [self._pixels_of(each.image) for each in examples if each.image is not None]
        if not found:
            return {}
        return {"pixel_values": self._torch.cat(found).to(self._device, self._model.dtype)}

    def _pixels_of(self, image: Path) -> Any:
        """Return the pixels of one image, kept in memory while there are few."""
        if image not in self._seen:
            made = self._prompt("", image, return_tensors="pt")["pixel_values"]
            self._kept_bytes += made.nbytes
            if self._kept_bytes > _MOST_KEPT_BYTES:
                return made
            self._seen[image] = made
        return self._seen[image]

    def _prompt(self, text: str, image: Path | None, **tensors: Any) -> Any:
        if image is not None and not self._sees:
            raise InputError(
                f"`student` {self.name} does not see images.", "Leave the stage vision out."
            )
        shown = [] if image is None else [{"type": "image", "image": _open_image(image)}]
        content: Any = [*shown, {"type": "text", "text": text}] if self._sees else text
        return self._processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            **({"processor_kwargs": tensors} if tensors else {}),
        )

    def _end_token(self) -> int:
        """Return the token that ends a reply; if there are several, the chat template's."""
        known = self._model.generation_config.eos_token_id
        known = self._tokenizer.eos_token_id if known is None else known
        ends = known if isinstance(known, list) else [known]
        words: Any = [{"type": "text", "text": "a"}] if self._sees else "a"
        turns = [{"role": role, "content": words} for role in ("user", "assistant")]
        whole = self._processor.apply_chat_template(turns, tokenize=False)
        tokens = self._tokenizer.encode(whole, add_special_tokens=False)
        return int(next((token for token in reversed(tokens) if token in ends), ends[0]))


def _open_image(file: Path) -> Any:
    """Return an image as the model sees it in inference."""
    from PIL import Image

    data, _ = for_model(read_image_bytes(file))
    return Image.open(BytesIO(data)).convert("RGB")


def _in_training_format(name: ModelName) -> ModelName:
    if "dtype" in name.options:
        return name
    torch = import_module("torch")
    device = name.options.get("device", "cuda" if torch.cuda.is_available() else "cpu")
    dtype = "float32" if device.startswith("cpu") else "bfloat16"
    return replace(name, options={**name.options, "dtype": dtype})
