"""How a model is named: `scheme:target?option=value&option=value`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from locomo_vqa.arguments import nearest
from locomo_vqa.errors import InputError

__all__ = ["EXAMPLES", "HIDDEN", "ModelName", "hide_credentials", "parse_name"]

EXAMPLES: Mapping[str, str] = {
    "openai": "openai:http://127.0.0.1:23333/v1?model=NAME",
    "lmdeploy": "lmdeploy:OpenGVLab/InternVL3-78B?tp=4",
    "transformers": "transformers:OpenGVLab/InternVL3-2B-hf",
    "embedded": "embedded:large",
}
"""Every scheme, with an example of a name."""

HIDDEN = "…"
"""What `hide_credentials` puts in place of credentials."""

_HOST = r"@(?=[^/?#@\r\n]+(?:[/?#\r\n]|\Z))"
_USER_INFO = re.compile(
    r"(?<=://)(?:"
    rf"[^/?#:@\[\r\n]*:(?!\d*[/?#])[^?#\r\n]*{_HOST}|[^/?#\r\n]*{_HOST}"
    r"|[^/?#:@\[\r\n]*:(?!\d*[/?#])[^\r\n]*@|[^/?#\r\n]*@)"
)
"""What comes before the host, also where a password has characters that should be escaped."""
_SECRET = re.compile(
    r"([?&#][^=&#\r\n]*(?:key|token|secret|password|passwd)=)[^&#\r\n]+", re.IGNORECASE
)
_NUMBER = re.compile(r"[0-9]{1,9}")


def hide_credentials(spec: str) -> str:
    """Return a model's name, valid or not, without user name, password and keys.

    What comes before a host becomes an ellipsis, and so do the values of options whose names speak
    of a key, a token, a secret or a password.
    """
    return _SECRET.sub(_hidden, _USER_INFO.sub("…@", spec))


def _hidden(option: re.Match[str]) -> str:
    """Return an option without its value, unless it only names an environment variable."""
    named = option[1][1:] == "key=" and option[0][5:] in ("none", *os.environ)
    return option[0] if named else f"{option[1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelName:
    """A model's name in its parts."""

    spec: str
    """The full name as given; see `shown` for what may be printed."""
    scheme: str
    """What runs the model."""
    target: str
    """The model: an address, a folder, or a name on the Hub."""
    options: Mapping[str, str]
    """The options after the target."""
    parameter: str = field(default="model", compare=False)
    """The parameter that it was given as, for errors."""

    @property
    def shown(self) -> str:
        """The whole name without credentials, for errors and files."""
        return hide_credentials(self.spec)

    @property
    def label(self) -> str:
        """How an error about this name begins: the parameter, and the name."""
        return f"`{self.parameter}` {self.shown}"

    def check_options(self, *known: str) -> ModelName:
        """Return the name unchanged if it has only these options.

        Raises:
            InputError: it has a different option; the message lists the allowed ones.
        """
        for option in self.options:
            if option not in known:
                raise InputError(
                    f"{self.label}: {self.scheme} has no option {option!r}.",
                    f"{_did_you_mean(option, known)}Its options are {', '.join(sorted(known))}.",
                )
        return self

    def check_target(self, *known: str) -> str:
        """Return the target if it is one of these.

        Raises:
            InputError: it is not one; the message lists them.
        """
        if self.target not in known:
            names = ", ".join(f"{self.scheme}:{target}" for target in known)
            raise InputError(
                f"{self.label}: {self.scheme} has no such model.",
                f"{_did_you_mean(self.target, known)}Its models are {names}.",
            )
        return self.target

    def text(self, option: str, default: str, *allowed: str) -> str:
        """Return an option's value, which must be one of `allowed`, if that is given.

        Raises:
            InputError: the value is not allowed.
        """
        value = self.options.get(option, default)
        if allowed and value not in allowed:
            raise InputError(
                f"{self.label}: {option} can't be {value!r}.",
                f"{_did_you_mean(value, allowed)}Choose one of {', '.join(allowed)}.",
            )
        return value

    def number(self, option: str, default: int) -> int:
        """Return an option's value as a whole number of at least 1 and at most nine digits.

        Raises:
            InputError: the value is not allowed.
        """
        value = self.options.get(option)
        if value is None:
            return default
        if not (_NUMBER.fullmatch(value) and int(value)):
            raise InputError(
                f"{self.label}: {option} can't be {value[:20]!r}.",
                f"Give a whole number of at least 1, such as {option}={default or 8192}.",
            )
        return int(value)

    def flag(self, option: str) -> bool:
        """Return whether an option is set to 1.

        Raises:
            InputError: it is neither 0 nor 1.
        """
        return self.text(option, "0", "0", "1") == "1"


def parse_name(spec: str, *, parameter: str = "model") -> ModelName:
    """Parse a model's name; `parameter` is what errors call it.

    Raises:
        InputError: the scheme is unknown, the target is missing, or an option is given twice.
    """
    scheme, _, rest = spec.partition(":")
    label = f"`{parameter}` {hide_credentials(spec)}"
    if scheme not in EXAMPLES:
        raise InputError(
            f"{label}: is not a model's name.",
            f"{_did_you_mean(scheme, EXAMPLES)}Write it like {', '.join(EXAMPLES.values())}.",
        )
    target, _, query = rest.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if not target or len(options) < len(pairs):
        problem = "has an option twice" if target else f"does not say which model of {scheme}"
        raise InputError(f"{label}: {problem}.", f"Write it like {EXAMPLES[scheme]}.")
    return ModelName(spec=spec, scheme=scheme, target=target, options=options, parameter=parameter)


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a "Did you mean" question with a trailing space, or "" if no known word is near."""
    close = nearest(word, known)
    return f"Did you mean {close}? " if close else ""
