"""The embedded verifier: a small network that checks questions about the sample's images.

It is not a language model. Convolutions make 49 tokens of an image; two layers of attention read a
question's words beside them, and choose one word: yes, no or an answer. It runs on numpy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.models.embedded.pixels import to_pixels
from locomo_vqa.models.safetensors_header import read_header

__all__ = [
    "DECISION",
    "HEADS",
    "PREMISE",
    "VERDICT",
    "VOCABULARY",
    "WEIGHTS",
    "VerifierNetwork",
    "VerifierPrompt",
    "prompt_words",
    "read_prompt",
    "words_of",
]

WEIGHTS, VOCABULARY = "model.safetensors", "vocabulary.json"
"""The files of the model's folder."""

HEADS = 4
"""The heads of its attention."""

PREMISE, VERDICT = 0.5, 4.0
"""The log odds above which a premise holds, and a sum of three above which a verdict is yes."""

GIVEN = 0.5
"""What the log odds of the given answer weigh in that sum; the others weigh 1."""

DECISION = (PREMISE, VERDICT, GIVEN)
"""All that decides beside the weights."""

_LAYERS = (("c1", 2), ("c2", 2), ("c3", 1), ("c4", 2), ("c5", 1), ("c6", 2), ("c7", 1))
"""The convolutions with their strides; those of stride 1 add to what they read."""
_ASKED = re.compile(r"^Question: (.*)$", re.MULTILINE)
_GIVEN = re.compile(r"^Given answer: (.*)$", re.MULTILINE)
_SENTENCE = re.compile(r"[^.?!\n]+\?")
_WORD = re.compile(r"[a-z]+")
_MASKED = np.float32(-1e9)

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VerifierPrompt:
    """What a prompt asks."""

    check: str
    """`premise`, `verdict`, or `ask` for the question itself."""
    question: str
    given: str | None = None
    """The answer that a verdict is about."""


def read_prompt(text: str) -> VerifierPrompt:
    """Return what a prompt asks; the wording around the question hardly matters."""
    asked, given = _ASKED.search(text), _GIVEN.search(text)
    sentences = _SENTENCE.findall(text)
    question = asked[1] if asked else (sentences[-1].strip() if sentences else text)
    if given:
        return VerifierPrompt("verdict", question, given[1])
    return VerifierPrompt("premise" if "takes for granted" in text else "ask", question)


def words_of(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return _WORD.findall(text.lower())


def prompt_words(prompt: VerifierPrompt, most: int) -> list[str]:
    """Return the words and marks of a prompt as the network reads them, at most `most`."""
    words = [f"<{prompt.check}>", *words_of(prompt.question)[: most - 3]]
    if prompt.given is not None:
        words += ["<answer>", prompt.given.strip().lower()]
    return words


def _parts(prompt: VerifierPrompt) -> list[VerifierPrompt]:
    """Return what else is asked for a prompt: of a verdict, its premise and the question itself."""
    checks = ("premise", "ask") if prompt.check == "verdict" else ()
    return [VerifierPrompt(check, prompt.question) for check in checks]


class VerifierNetwork:
    """The network with its weights, which are read when it is first asked."""

    def __init__(self, folder: Path) -> None:
        """Read nothing yet."""
        self._folder = folder

    @cached_property
    def _weights(self) -> Mapping[str, _Floats]:
        file = self._folder / WEIGHTS
        return {
            name: np.fromfile(file, "<f2", stored.length // 2, offset=stored.offset)
            .astype(np.float32)
            .reshape(stored.shape)
            for name, stored in read_header(file).items()
        }

    @cached_property
    def _words(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = json.loads(
            (self._folder / VOCABULARY).read_text(encoding="utf-8")
        )
        return found

    @cached_property
    def _ids(self) -> Mapping[str, int]:
        return {word: number for number, word in enumerate(self._words["words"])}

    def see(self, image: bytes) -> _Floats:
        """Return an encoded image's tokens, of shape (49, width).

        Raises:
            InputError: Pillow can't read the bytes.
        """
        values, weights = to_pixels(image), self._weights
        for name, stride in _LAYERS:
            made = _convolve(values, weights[f"eyes.{name}.weight"], stride)
            made += weights[f"eyes.{name}.bias"][:, None, None]
            values = np.maximum(made + values if stride == 1 else made, 0)
        tokens = values.reshape(len(values), -1).T
        mixed = self._linear("eyes.mix", tokens.mean(0, keepdims=True))
        tokens = (tokens + mixed + weights["eyes.pos"])[None]
        asked = _normed(tokens, *self._norm("eyes.look.norm"))
        tokens = tokens + self._attend("eyes.look", asked, asked, np.float32(0))
        return _normed(tokens[0], *self._norm("norm"))

    def answer(self, prompts: Sequence[VerifierPrompt], images: Sequence[_Floats]) -> list[str]:
        """Return the word that answers each prompt about the image's tokens beside it.

        A verdict counts all that the network knows: what it says of the answer, of the question's
        premise, and what it would answer itself.
        """
        asked = [[prompt, *_parts(prompt)] for prompt in prompts]
        flat = [part for parts in asked for part in parts]
        seen = [image for image, parts in zip(images, asked, strict=True) for _ in parts]
        logits = iter(self.logits(flat, seen))
        return [
            self._word(prompt, [next(logits) for _ in parts])
            for prompt, parts in zip(prompts, asked, strict=True)
        ]

    def logits(self, prompts: Sequence[VerifierPrompt], images: Sequence[_Floats]) -> _Floats:
        """Return the logit of every word that it can say, a row for each prompt."""
        most, unknown = len(self._weights["place"]), self._ids["<unk>"]
        encoded = [
            [self._ids.get(word, unknown) for word in prompt_words(prompt, most)]
            for prompt in prompts
        ]
        ids = np.zeros((len(encoded), max(map(len, encoded))), np.int64)
        for row, each in enumerate(encoded):
            ids[row, : len(each)] = each
        values = self._weights["emb.weight"][ids] + self._weights["place"][: ids.shape[1]]
        seen = np.stack(images)
        hidden = np.where(ids == 0, _MASKED, np.float32(0))[:, None, None, :]
        for number in range(2):
            values = self._layer(f"layers.{number}", values, seen, hidden)
        return self._linear("out", _normed(values[:, 0], *self._norm("last")))

    def _word(self, prompt: VerifierPrompt, logits: Sequence[_Floats]) -> str:
        own, *others = logits
        if prompt.check == "ask":
            return self._words["answers"][int(own.argmax())]
        if prompt.check == "premise":
            return "yes" if self._for_yes(own) > PREMISE else "no"
        premise, answers = others
        given = GIVEN * self._for_given(prompt, answers)
        return "yes" if self._for_yes(own) + self._for_yes(premise) + given > VERDICT else "no"

    def _for_yes(self, logits: _Floats) -> float:
        """Return the log of the odds of yes against no."""
        yes, no = (self._words["answers"].index(word) for word in ("yes", "no"))
        return float(logits[yes] - logits[no])

    def _for_given(self, prompt: VerifierPrompt, logits: _Floats) -> float:
        """Return the log of the odds of the given answer against the best other one.

        One that the network can't give counts as the one that it thinks least likely.
        """
        words, given = self._words["answers"], (prompt.given or "").strip().lower()
        place = words.index(given) if given in words else int(logits.argmin())
        return float(logits[place] - np.delete(logits, place).max())

    def _layer(self, name: str, values: _Floats, seen: _Floats, hidden: _Floats) -> _Floats:
        own = _normed(values, *self._norm(f"{name}.n1"))
        values = values + self._attend(f"{name}.self", own, own, hidden)
        asked = _normed(values, *self._norm(f"{name}.n2"))
        values = values + self._attend(f"{name}.cross", asked, seen, np.float32(0))
        up = self._linear(f"{name}.up", _normed(values, *self._norm(f"{name}.n3")))
        return values + self._linear(f"{name}.down", _gelu(up))

    def _attend(
        self, name: str, values: _Floats, others: _Floats, hidden: _Floats | np.float32
    ) -> _Floats:
        def heads(part: str, inputs: _Floats) -> _Floats:
            made = self._linear(f"{name}.{part}", inputs)
            return made.reshape(*made.shape[:2], HEADS, -1).swapaxes(1, 2)

        asked, keys = heads("q", values), heads("k", others)
        scores = asked @ keys.swapaxes(2, 3) / np.float32(np.sqrt(asked.shape[-1])) + hidden
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        made = (shares @ heads("v", others)).swapaxes(1, 2)
        return self._linear(f"{name}.o", made.reshape(*made.shape[:2], -1))

    def _linear(self, name: str, values: _Floats) -> _Floats:
        made: _Floats = values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return made

    def _norm(self, name: str) -> tuple[_Floats, _Floats]:
        return self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]


def _convolve(values: _Floats, kernel: _Floats, stride: int) -> _Floats:
    """Return a convolution with zeros around, of shape (outputs, height, width)."""
    size = kernel.shape[-1]
    padded = np.pad(values, ((0, 0), (size // 2, size // 2), (size // 2, size // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    windows = windows[:, ::stride, ::stride].transpose(1, 2, 0, 3, 4)
    height, width = windows.shape[:2]
    columns = windows.reshape(height * width, -1)
    made: _Floats = kernel.reshape(len(kernel), -1) @ columns.T
    return made.reshape(-1, height, width)


def _normed(values: _Floats, weight: _Floats, bias: _Floats) -> _Floats:
    centred = values - values.mean(-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(-1, keepdims=True) + np.float32(1e-5))
    made: _Floats = centred / spread * weight + bias
    return made


def _gelu(values: _Floats) -> _Floats:
    """Return GELU by its tanh formula, which differs from the exact one by less than 0.001."""
    inner = np.float32(np.sqrt(2 / np.pi)) * (values + np.float32(0.044715) * values**3)
    made: _Floats = np.float32(0.5) * values * (1 + np.tanh(inner))
    return made
