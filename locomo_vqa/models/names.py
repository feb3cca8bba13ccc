"""How a model is named on the command line: `scheme:target?option=value&option=value`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from locomo_vqa.errors import InputError

__all__ = ["EXAMPLES", "ModelName", "hide_credentials", "parse_name"]

EXAMPLES: Mapping[str, str] = {
    "openai": "openai:http://127.0.0.1:23333/v1?model=NAME",
    "lmdeploy": "lmdeploy:OpenGVLab/InternVL3-78B?tp=4",
    "transformers": "transformers:OpenGVLab/InternVL3-2B-hf",
    "embedded": "embedded:large",
}
"""Every scheme with a name that it understands."""

_USER_INFO = re.compile(r"(?<=://)(?:[^/?#\r\n]*|[^/?#:@\[\r\n]*:(?!\d*[/?#])[^\r\n]*)@")
"""What stands before the host; also where a password has signs that it may not have as they are."""
_SECRET = re.compile(
    r"([?&#][^=&#\r\n]*(?:key|token|secret|password|passwd)=)[^&#\r\n]+", re.IGNORECASE
)


def hide_credentials(spec: str) -> str:
    """Return a model's name, good or bad, without user name, password and keys.

    Dots stand for what comes before a host, and for the values of options that are named for a
    key, a token, a secret or a password.
    """
    return _SECRET.sub(r"\1…", _USER_INFO.sub("…@", spec))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelName:
    """A model's name, taken apart."""

    spec: str
    """The whole name, as it was given; see `shown` for what may be printed."""
    scheme: str
    """What runs the model."""
    target: str
    """Which model: an address, a folder, a name on the Hub."""
    options: Mapping[str, str]
    """How it is run."""

    @property
    def shown(self) -> str:
        """The whole name without credentials: what errors and files say."""
        return hide_credentials(self.spec)

    def only(self, *known: str) -> ModelName:
        """Return the name itself if its options are all known.

        Raises:
            InputError: one is not; the message lists those that are.
        """
        for option in self.options:
            if option not in known:
                raise InputError(
                    f"--model {self.shown}: {self.scheme} has no option {option!r}.",
                    f"It has {', '.join(sorted(known))}.",
                )
        return self

    def choose(self, *good: str) -> str:
        """Return the target if it is one of these."""
        if self.target not in good:
            names = ", ".join(f"{self.scheme}:{target}" for target in good)
            raise InputError(f"--model {self.shown}: there is no such model.", f"There is {names}.")
        return self.target

    def text(self, option: str, default: str, *good: str) -> str:
        """Return an option's value; `good`, where given, are all it may be."""
        value = self.options.get(option, default)
        if good and value not in good:
            raise InputError(
                f"--model {self.shown}: {option} can't be {value!r}.",
                f"It can be {', '.join(good)}.",
            )
        return value

    def number(self, option: str, default: int) -> int:
        """Return an option's value as a whole number from 1."""
        value = self.options.get(option)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and int(value)):
            raise InputError(
                f"--model {self.shown}: {option} can't be {value!r}.",
                f"Give a whole number from 1, such as {option}={default or 8192}.",
            )
        return int(value)

    def flag(self, option: str) -> bool:
        """Tell whether an option is set to 1."""
        return self.text(option, "0", "0", "1") == "1"


def parse_name(spec: str) -> ModelName:
    """Take a model's name apart.

    Raises:
        InputError: the scheme is unknown, there is no target, or an option is given twice.
    """
    scheme, _, rest = spec.partition(":")
    if scheme not in EXAMPLES:
        raise InputError(
            f"--model {hide_credentials(spec)}: is no model that this version can ask.",
            f"Name it like {', '.join(EXAMPLES.values())}.",
        )
    target, _, query = rest.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if not target or len(options) < len(pairs):
        wrong = "gives an option twice" if target else f"does not say which model of {scheme}"
        raise InputError(
            f"--model {hide_credentials(spec)}: {wrong}.", f"Name it like {EXAMPLES[scheme]}."
        )
    return ModelName(spec=spec, scheme=scheme, target=target, options=options)
