"""Runs a BERT or RoBERTa encoder on onnxruntime, from the model's own files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.errors import InputError
from locomo_vqa.models.cores import onnx_options

from .specs import EncoderSpec
from .weights import check_weights, read_weights

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]

__all__ = ["GRAPHS", "Encoder", "Tokens"]

GRAPHS = Path(__file__).parent / "graphs"
"""The folder of the bundled graphs, which `scripts/make_encoder_graphs.py` writes."""

BATCH_TOKENS = 2_048
"""The maximum number of tokens in a batch, which limits memory use."""

Tokens = tuple[int, ...]
"""The token ids of a text, with the special ones at both ends."""


class Encoder:
    """One encoder, whose weights are read when it is first used.

    Raises:
        InputError: the tokenizer or the weights belong to another model, or are damaged.
    """

    def __init__(
        self, spec: EncoderSpec, folder: Path, *, threads: int = 1, graphs: Path = GRAPHS
    ) -> None:
        from tokenizers import Tokenizer

        self.spec = spec
        self._folder = folder
        self._threads = threads
        self._graph = graphs / f"{spec.graph}.onnx"
        self._session: InferenceSession | None = None
        file = folder / "tokenizer.json"
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # noqa: BLE001 - tokenizers raises bare exceptions
            raise self._wrong_tokenizer(f"it can't be read ({error})") from None
        check_weights(folder / "model.safetensors", spec)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(spec.limit)
        (first,) = self.tokenize(["The cat sat"])
        if first[: len(spec.probe)] != spec.probe:
            raise self._wrong_tokenizer(f"it makes {list(first)} of 'The cat sat'")

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text, stripped and cut to `spec.limit` tokens.

        RoBERTa's tokenizer marks words that follow a space. bert-score also puts the mark on the
        first word, so a space is put before the text.
        """
        space = " " if self.spec.family == "roberta" else ""
        stripped = (text.strip() for text in texts)
        encoded = self._tokenizer.encode_batch_fast([text and space + text for text in stripped])
        return [tuple(each.ids) for each in encoded]

    def states(self, inputs: Sequence[Tokens]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield batches: indexes in `inputs`, and states of shape (texts, length, width).

        All texts in a batch have the same length, so nothing is padded, and a text's states do not
        depend on the others.
        """
        session = self._open_session()
        order = sorted(range(len(inputs)), key=lambda place: len(inputs[place]))
        start = 0
        while start < len(order):
            length = len(inputs[order[start]])
            end, most = start + 1, start + max(1, BATCH_TOKENS // length)
            while end < min(most, len(order)) and len(inputs[order[end]]) == length:
                end += 1
            places = order[start:end]
            tokens = np.array([inputs[place] for place in places], np.int64)
            (states,) = session.run(None, {"tokens": tokens})
            yield places, states
            start = end

    def _open_session(self) -> InferenceSession:
        if self._session is None:
            import onnxruntime

            options = onnx_options(self._threads)
            weights = read_weights(self._folder / "model.safetensors", self.spec)
            values = [onnxruntime.OrtValue.ortvalue_from_numpy(each) for each in weights.values()]
            options.add_external_initializers(list(weights), values)
            self._session = onnxruntime.InferenceSession(
                str(self._graph), options, providers=["CPUExecutionProvider"]
            )
        return self._session

    def _wrong_tokenizer(self, why: str) -> InputError:
        name = self.spec.repository
        return InputError(
            f"{self._folder / 'tokenizer.json'}: is not the tokenizer of {name}: {why}.",
            f"Fetch it again: hf download {name} model.safetensors tokenizer.json",
        )
