"""The settings of the memory pipeline, and the options of a run that change them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from locomo_vqa.arguments import check_option_names, nearest
from locomo_vqa.errors import InputError
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.names import parse_name

from ..own_prompts import PROMPTS_HASH, OwnPrompts, named_prompts
from .minilm_files import find_minilm
from .prompts import MEMORY_PROMPTS
from .stage_names import check_stage_model, is_model_name

__all__ = [
    "IMAGE_OPTIONS",
    "LEXICAL_EMBEDDER",
    "MEMORY_OPTIONS",
    "MINILM_EMBEDDER",
    "RUN_ONLY_OPTIONS",
    "TEXT_STAGES",
    "MemorySettings",
    "PromptForm",
    "SharedImageReading",
    "Stores",
    "check_embedder",
]

PromptForm = Literal["long", "reduced"]
"""Which prompts are sent:

long      with every rule and with examples, like Mem0's
reduced   an order of magnitude shorter, like MemLoRA's; for models that were trained on them
"""

Stores = Literal["one", "speaker"]
"""Where memories are kept:

one       all of a conversation in one store
speaker   a store for each speaker, as in Mem0's evaluation; both are read, searched and shown
          separately
"""

SharedImageReading = Literal["see", "describe", "keep"]
"""What `mem0-v` does with an image when it is shared:

see        shows it to the model that extracts facts
describe   has the vision model describe it; facts are extracted from the description
keep       shows it to no model; remembers who shared it and when

In every case, the image is still available when a question is about it.
"""

RUN_ONLY_OPTIONS = (PROMPTS_HASH, "stores", "timed_memories")
"""The options of a run that a distillation doesn't have."""

MEMORY_OPTIONS: Mapping[str, str] = {
    "prompts": "long, reduced, or a folder with prompts of your own; default: long for an "
    "endpoint, else reduced",
    PROMPTS_HASH: "the SHA-256 that the folder of prompts must have; recorded by every run",
    "stores": "one, or speaker for one of each speaker; default: one",
    "timed_memories": "true to show memories with their time; default: false",
    "window": "turns per extraction; default: 2",
    "top_k": "memories per answer; default: 30, embedded models 10",
    "update_k": "memories to compare each new fact with; default: 5, embedded models 8",
    "tries": "attempts to get a readable reply; default: 3",
    "reply_tokens": "limit of extraction and update replies; default: 2048 for an endpoint, 200 "
    "where a stage has an embedded model, else 512",
    "embedder": "lexical, minilm, or openai:<base URL>?model=<name>; default: lexical",
    "extraction": "the model that extracts facts; default: the run's model",
    "update": "the model that updates memories; default: the run's model",
    "generation": "the model that answers from memories; default: the run's model",
    "vision": "the model that looks at images; default: the run's model",
    "shared_images": "see, describe, or keep (mem0-v); default: describe with `vision`, else see "
    "for an endpoint and keep for other models",
}
"""Every option with its values and its default."""

IMAGE_OPTIONS = ("vision", "shared_images")
"""The options that only apply to a system that sees images."""

TEXT_STAGES = ("extraction", "update", "generation")
"""The options that name the model of a stage without images."""

LEXICAL_EMBEDDER = "lexical"
MINILM_EMBEDDER = "minilm"
"""The embedders of this process."""

_LARGEST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySettings:
    """The settings of the pipeline.

    A window of two turns is one exchange, as in Mem0's evaluation. Mem0's command line (commit
    07b6134) defaults to 30 memories from each of two stores, as here with `stores=speaker`.
    Mem0's update compares a fact with 5 memories. The other defaults are our choice. A model in
    this process gets MemLoRA's reduced prompts with or without experts, so that both see the same
    prompts; an embedded model gets the prompts that it was trained on.

    A stage's model is a full model name, or a name that the run's endpoint serves, such as an
    adapter's; None means the run's model.
    """

    prompts: PromptForm = "long"
    own_prompts: OwnPrompts | None = None
    stores: Stores = "one"
    timed_memories: bool = False
    window: int = 2
    top_k: int = 30
    update_k: int = 5
    tries: int = 3
    reply_tokens: int = 2048
    embedder: str = LEXICAL_EMBEDDER
    extraction: str | None = None
    update: str | None = None
    generation: str | None = None
    vision: str | None = None
    shared_images: SharedImageReading = "see"

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, str],
        *,
        model: str | None,
        system: str = "mem0",
        form: PromptForm | None = None,
    ) -> MemorySettings:
        """Return the settings of a run.

        Args:
            options: the options of the run, by name.
            model: the name of the run's model, which decides some defaults.
            system: the system's name, for errors.
            form: the form of the prompts without an option; None for that of the model.

        Raises:
            InputError: an option is unknown, or its value can't be used.
        """
        check_option_names(system, options, MEMORY_OPTIONS)
        values: dict[str, Any] = _model_defaults(model, options)
        values |= {} if form is None else {"prompts": form}
        forms = get_args(PromptForm)
        values["own_prompts"] = named_prompts(options, MEMORY_PROMPTS, forms=forms)
        if values["own_prompts"] is not None:
            options = {k: v for k, v in options.items() if k not in ("prompts", PROMPTS_HASH)}
        for name, value in options.items():
            values[name] = _READERS[name](name, value)
        for name in (*TEXT_STAGES, "vision"):
            if name in values:
                check_stage_model(name, values[name], model)
        settings = cls(**values)
        _check_answer_names(settings)
        if settings.shared_images == "describe" and settings.vision is None:
            raise InputError(
                "`options`: shared_images=describe needs a model that describes images.",
                "Add the option vision=NAME, or use shared_images=see.",
            )
        return settings

    def to_json(self) -> dict[str, Any]:
        """Return all settings in the form that files record."""
        own = self.own_prompts
        recorded = None if own is None else own.to_json()
        return {**asdict(replace(self, own_prompts=None)), "own_prompts": recorded}


def _check_answer_names(settings: MemorySettings) -> None:
    own = settings.own_prompts
    if own and settings.stores == "one" and own.uses("answer", "memories_1"):
        raise InputError(
            f"`options`: {own.folder}/answer.txt shows the memories of each speaker apart.",
            "Add stores=speaker, or write $memories in it.",
        )


def _model_defaults(model: str | None, options: Mapping[str, str]) -> dict[str, Any]:
    """Return the defaults that depend on the models."""
    values: dict[str, Any] = {}
    scheme = "openai" if model is None else parse_name(model).scheme
    if scheme != "openai":
        values = {"prompts": "reduced", "reply_tokens": 512, "shared_images": "keep"}
    if scheme == "embedded":
        values |= {"top_k": 10, "update_k": 8}
    if scheme == "embedded" or any(_is_embedded(options.get(stage)) for stage in TEXT_STAGES):
        values["reply_tokens"] = 200
    if "vision" in options and is_model_name(options["vision"]):
        values["shared_images"] = "keep" if _is_embedded(options["vision"]) else "describe"
    return values


def _is_embedded(name: str | None) -> bool:
    return name is not None and name.startswith("embedded:")


def _read_number(name: str, value: str) -> int:
    if value.isascii() and value.isdecimal() and 0 < int(value) <= _LARGEST:
        return int(value)
    raise InputError(
        f"`options`: {name} must be a whole number from 1 to {_LARGEST:,}, not {value!r}.",
        f"Write it as digits, for example {name}=5.",
    )


def _read_choice(allowed: Collection[str]) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in allowed:
            close = nearest(value, allowed)
            raise InputError(
                f"`options`: {name} must be one of {', '.join(allowed)}, not {value!r}.",
                f"Did you mean {close!r}?" if close else "Choose one of these values.",
            )
        return value

    return read


def _read_flag(name: str, value: str) -> bool:
    return _read_choice(("true", "false"))(name, value) == "true"


def _read_text(name: str, value: str) -> str:
    return value


def check_embedder(value: str) -> None:
    """Check an embedder's name before a run.

    Raises:
        InputError: it is not a name or an address.
        MissingResource: its encoder is not on this machine.
    """
    if value == MINILM_EMBEDDER:
        find_minilm()
    elif value != LEXICAL_EMBEDDER:
        if ":" not in value:
            own = (LEXICAL_EMBEDDER, MINILM_EMBEDDER)
            close = nearest(value, own)
            raise InputError(
                f"`options`: embedder must be {', '.join(own)}, or openai:<base URL>?model=<name>, "
                f"not {value!r}.",
                f"Did you mean {close!r}?" if close else "Choose one of these.",
            )
        parse_endpoint(value, timeout_s=1.0, parameter="embedder")


def _read_embedder(name: str, value: str) -> str:
    check_embedder(value)
    return value


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "prompts": _read_choice(get_args(PromptForm)),
    "stores": _read_choice(get_args(Stores)),
    "timed_memories": _read_flag,
    "window": _read_number,
    "top_k": _read_number,
    "update_k": _read_number,
    "tries": _read_number,
    "reply_tokens": _read_number,
    "embedder": _read_embedder,
    **dict.fromkeys((*TEXT_STAGES, "vision"), _read_text),
    "shared_images": _read_choice(get_args(SharedImageReading)),
}
