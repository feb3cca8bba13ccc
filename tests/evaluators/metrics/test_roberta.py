"""The RoBERTa path, on a small random checkpoint: positions, prefix, tokens of the first word."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from locomo_vqa.evaluators.metrics.bertscore import bertscore_f1, matchable
from locomo_vqa.evaluators.metrics.encoding.encoder import Encoder, Tokens
from locomo_vqa.evaluators.metrics.encoding.specs import ROBERTA_LARGE, EncoderSpec
from tests.evaluators.metrics.references import OWN_PAIRS, Pairs

LAYERS, LIMIT = 3, 60
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint as the Hub has roberta-large: `roberta.` before the names, a language head."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from tokenizers.processors import RobertaProcessing
    from transformers import RobertaConfig, RobertaForMaskedLM

    made = tmp_path_factory.mktemp("roberta")
    tokenizer = ByteLevelBPETokenizer()
    texts = [text for pair in OWN_PAIRS for text in pair] + ["The cat sat on the mat. The cat"] * 9
    tokenizer.train_from_iterator(texts, vocab_size=420, special_tokens=SPECIAL)
    tokenizer._tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer.save(str(made / "tokenizer.json"))
    torch.manual_seed(5)
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=LIMIT + 2,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        initializer_range=0.3,
        pad_token_id=1,
    )
    RobertaForMaskedLM(config).save_pretrained(made)
    return made


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    """Transformers' tokenizer, created to put a space before the first word."""
    from transformers import RobertaTokenizer

    made = RobertaTokenizer.from_pretrained(folder, add_prefix_space=True, model_max_length=LIMIT)
    return made


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    from transformers import RobertaModel

    with quiet():
        return RobertaModel.from_pretrained(folder, add_pooling_layer=False).eval()


@pytest.fixture(scope="module", params=[2, LAYERS])
def ours(
    request: pytest.FixtureRequest,
    folder: Path,
    tokenizer: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Encoder:
    """Our encoder up to a layer in the middle, and up to the last."""
    from scripts.make_encoder_graphs import build_graph

    spec = replace(
        ROBERTA_LARGE,
        graph="tiny",
        layers=request.param,
        width=32,
        heads=4,
        inner=48,
        vocabulary=len(tokenizer),
        positions=LIMIT + 2,
        limit=LIMIT,
        probe=tuple(tokenizer.encode("The cat sat")),
    )
    graphs = tmp_path_factory.mktemp("graphs")
    (graphs / "tiny.onnx").write_bytes(build_graph(spec))
    return Encoder(spec, folder, graphs=graphs)


def encoded(ours: Encoder, texts: list[str]) -> list[tuple[Tokens, Any]]:
    tokens = ours.tokenize(texts)
    found: dict[int, Any] = {}
    for places, states in ours.states(tokens):
        found.update(zip(places, states, strict=True))
    return [(tokens[place], found[place]) for place in range(len(texts))]


def test_the_first_word_has_a_space_before_it(ours: Encoder, tokenizer: Any) -> None:
    vocabulary = tokenizer.get_vocab()
    (tokens,) = ours.tokenize(["The cat sat"])
    assert tokens[:2] == (0, vocabulary["ĠThe"])
    assert vocabulary["ĠThe"] != vocabulary.get("The")
    assert ours.tokenize([""]) == [(0, 2)]


def test_tokens_equal_transformers(ours: Encoder, tokenizer: Any) -> None:
    texts = [text.strip() for pair in OWN_PAIRS for text in pair]
    theirs = [tuple(tokenizer.encode(text, max_length=LIMIT, truncation=True)) for text in texts]
    assert ours.tokenize(texts) == theirs
    assert max(map(len, theirs)) == LIMIT


def test_hidden_states_equal_transformers(ours: Encoder, model: Any) -> None:
    import torch

    texts = [text for pair in OWN_PAIRS for text in pair]
    for tokens, states in encoded(ours, texts):
        with torch.no_grad():
            theirs = model(torch.tensor([tokens]), output_hidden_states=True).hidden_states
        np.testing.assert_allclose(states, theirs[ours.spec.layers][0].numpy(), atol=2e-5)


def bert_score_values(pairs: Pairs, model: Any, tokenizer: Any, spec: EncoderSpec) -> list[float]:
    """Values of bert-score's own functions, a pair at a time, on a model of `spec.layers`.

    Transformers 5 ignores the space that bert-score asks for, so the tokenizer has it built in.
    """
    with quiet():
        from bert_score.utils import bert_cos_score_idf  # type: ignore[import-untyped]
        from transformers import RobertaModel

    cut = RobertaModel(model.config, add_pooling_layer=False).eval()
    cut.load_state_dict(model.state_dict())
    cut.encoder.layer = cut.encoder.layer[: spec.layers]
    weights: dict[int, float] = defaultdict(lambda: 1.0, {0: 0.0, 2: 0.0})
    return [
        float(
            bert_cos_score_idf(
                cut, [gold], [prediction], tokenizer, weights, device="cpu", batch_size=1
            )[0, 2]
        )
        for prediction, gold in pairs
    ]


def test_bertscore_equals_bert_score(ours: Encoder, model: Any, tokenizer: Any) -> None:
    pairs = [pair for pair in OWN_PAIRS if "[SEP]" not in pair[0]]
    texts = encoded(ours, [text for pair in pairs for text in pair])
    matchables = [matchable(tokens, states) for tokens, states in texts]
    values = [bertscore_f1(*two) for two in zip(matchables[::2], matchables[1::2], strict=True)]
    expected = bert_score_values(pairs, model, tokenizer, ours.spec)
    assert values == pytest.approx(expected, abs=1e-5)
    assert len({round(value, 3) for value in expected}) > 5
