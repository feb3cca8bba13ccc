"""A text that is too long for a model is read in parts, and costs no conversation."""

from __future__ import annotations

import pytest

from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.memory.too_long import is_too_long, split_lines
from locomo_vqa.evaluators.selftest import check_system
from locomo_vqa.models.chat import ModelDenied, ModelFailed
from locomo_vqa.system import Services


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in "
        "9011 tokens. Please reduce the length of the messages.",  # OpenAI
        "the request exceeds the available context size. try increasing it",  # llama.cpp
        "prompt is too long: 210034 tokens > 200000 maximum",  # Anthropic
        "The input token count (1200000) exceeds the maximum number of tokens allowed",  # Google
        "A prompt of 5268 tokens and a reply of up to 200 are too long for the embedded model",
    ],
)
def test_what_servers_say_of_a_long_prompt(words: str) -> None:
    assert is_too_long(ModelFailed(words))
    assert not is_too_long(ModelDenied(words))


@pytest.mark.parametrize("words", ["internal error", "the maximum of requests is reached", "busy"])
def test_other_failures(words: str) -> None:
    assert not is_too_long(ModelFailed(words))


def test_texts_are_halved_and_nothing_is_lost() -> None:
    assert split_lines(["a", "b", "c"]) == (["a"], ["b", "c"])
    long = " ".join(f"word-{number}" for number in range(1000))
    first, second = split_lines([long]) or ([], [])
    assert f"{first[0]} {second[0]}" == long
    assert split_lines(["x" * 500]) == (["x" * 250], ["x" * 250])
    assert split_lines(["too short to be the cause"]) is None


@pytest.mark.slow
def test_mem0_passes_its_check_with_an_embedded_model() -> None:
    """It says what the model can't do: remember words that it was not trained on."""
    model = "embedded:student"
    checked = check_system(load_system("mem0", model=model), Services(model=model), quiet_s=0)
    found = {point.id: point for point in checked.results}
    assert checked.passed
    assert found["sessions"].state == "pass"
    assert found["facts"].state in ("pass", "warn")
    if found["facts"].state == "warn":
        assert "embedded:student was trained on the words of the sample" in found["facts"].detail
