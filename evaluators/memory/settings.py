"""What can be set with `--option`, and what holds where nothing is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from locomo_vqa.errors import InputError
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.names import parse_name

__all__ = ["OPTIONS", "ImageReading", "MemorySettings", "PromptForm"]

PromptForm = Literal["long", "reduced"]
"""Which prompts are sent:

long      with every rule and examples, as Mem0's are
reduced   an order of magnitude shorter, as MemLoRA's are; for models that learned the stages
"""

ImageReading = Literal["see", "describe", "keep"]
"""What `mem0-v` does with a picture when it is shared:

see        the extraction sees it
describe   the vision model says what it shows, and the extraction reads that
keep       nobody looks; who shared it and when is remembered

In every case it can be looked at again when a question asks for it.
"""

OPTIONS: Mapping[str, str] = {
    "prompts": "long, or reduced; long, but reduced for embedded models",
    "window": "turns that one extraction reads; 2",
    "top_k": "memories that an answer is made from; 30, but 10 for embedded models",
    "update_k": "known memories that each new fact is compared with; 5, but 8 for embedded models",
    "tries": "how often a reply that can't be read is asked for in all; 3",
    "reply_tokens": "the longest reply of extraction and update; 2048, but 200 for embedded models",
    "embedder": "lexical, or openai:<base URL>?model=<name>; lexical",
    "vision": "the model that looks at pictures; the one of --model",
    "pictures": "mem0-v: see, describe or keep; describe with vision, keep with an embedded one",
}
"""Every option, with its values and its default."""

LEXICAL_EMBEDDER = "lexical"
_LARGEST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySettings:
    """How the pipeline runs.

    The window of two turns is an exchange, as Mem0's evaluation adds them; 30 memories are the
    default of its command line (commit 07b6134), for each of two stores where here is one; 5 is
    its update's limit. The rest is our choice. Embedded models get what they were trained on.
    """

    prompts: PromptForm = "long"
    window: int = 2
    top_k: int = 30
    update_k: int = 5
    tries: int = 3
    reply_tokens: int = 2048
    embedder: str = LEXICAL_EMBEDDER
    vision: str | None = None
    pictures: ImageReading = "see"

    @classmethod
    def read(cls, options: Mapping[str, str], *, model: str | None) -> MemorySettings:
        """Return the settings of a run; `model` is the name given with `--model`.

        Raises:
            InputError: an option is unknown, or has no value that makes sense.
        """
        for name in options:
            if name not in OPTIONS:
                raise InputError(
                    f"--option {name}: mem0 has no such option.", f"It has {', '.join(OPTIONS)}."
                )
        wanted: dict[str, Any] = _defaults(model, options.get("vision"))
        for name, value in options.items():
            wanted[name] = _READERS[name](name, value)
        settings = cls(**wanted)
        if settings.pictures == "describe" and settings.vision is None:
            raise InputError(
                "--option pictures=describe: no model is named to describe them.",
                "Add --option vision=NAME, or use pictures=see.",
            )
        return settings

    def to_json(self) -> dict[str, Any]:
        """Return every setting, for people who read the files."""
        return asdict(self)


def _defaults(model: str | None, vision: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if model is not None and parse_name(model).scheme == "embedded":
        found |= {"prompts": "reduced", "top_k": 10, "update_k": 8, "reply_tokens": 200}
    if vision is not None:
        embedded = parse_name(vision).scheme == "embedded"
        found["pictures"] = "keep" if embedded else "describe"
    return found


def _number(name: str, value: str) -> int:
    if value.isascii() and value.isdecimal() and 0 < int(value) <= _LARGEST:
        return int(value)
    raise InputError(
        f"--option {name}={value}: is no whole number from 1 to {_LARGEST:,}.",
        f"Give one, such as {name}=5.",
    )


def _one_of(*good: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in good:
            raise InputError(
                f"--option {name}={value}: there is no such choice.",
                f"{name} can be {', '.join(good)}.",
            )
        return value

    return read


def _model(name: str, value: str) -> str:
    return parse_name(value).spec


def _embedder(name: str, value: str) -> str:
    if value != LEXICAL_EMBEDDER:
        parse_endpoint(value, timeout_s=1.0)
    return value


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "prompts": _one_of(*get_args(PromptForm)),
    "window": _number,
    "top_k": _number,
    "update_k": _number,
    "tries": _number,
    "reply_tokens": _number,
    "embedder": _embedder,
    "vision": _model,
    "pictures": _one_of(*get_args(ImageReading)),
}
