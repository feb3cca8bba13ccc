"""How the embedded text model is trained: its first weights, its rates, and the loss of hints."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")
transformers = pytest.importorskip("transformers", reason="needs the train extra")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_rates_rise_then_stay_then_fall() -> None:
    from scripts.embedded.text_learning import TextPlan, schedule

    assert [len(list(schedule(TextPlan(steps=count, tokens=1)))) for count in (99, 101)] == [
        99,
        101,
    ]
    shares = dict(schedule(TextPlan(steps=200, tokens=1)))
    assert list(shares) == list(range(1, 201))
    assert shares[30] == 0.5
    assert {shares[step] for step in range(60, 141)} == {1.0}
    # 60 steps of falling: the first is 1 - 1/61, the last 1/61.
    assert shares[141] == pytest.approx(60 / 61)
    assert shares[200] == pytest.approx(1 / 61)


def test_a_time_limit_gives_the_schedule_of_the_steps_that_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from scripts.embedded import text_learning
    from scripts.embedded.text_learning import TextPlan, schedule

    clock = iter(range(10_000))
    monkeypatch.setattr(text_learning.time, "monotonic", lambda: next(clock))
    # A second a step: 70 % of four minutes are 168 of them.
    timed = list(schedule(TextPlan(steps=5000, tokens=1, minutes=4)))
    monkeypatch.undo()
    assert len(timed) == pytest.approx(240, abs=3)
    assert timed == list(schedule(TextPlan(steps=len(timed), tokens=1)))


def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scripts.embedded import text_learning
    from scripts.embedded.text_learning import TextPlan, train_text_model
    from scripts.embedded.text_model import make_text_model, make_text_tokenizer

    tokenizer = make_text_tokenizer()
    plan = TextPlan(steps=4, tokens=256)

    def train(name: str, seed: int = 0) -> dict[str, torch.Tensor]:
        torch.manual_seed(0)
        model = make_text_model(tokenizer)
        found = train_text_model(
            model, tokenizer, plan, seed=seed, log=lambda _: None, checkpoint=tmp_path / name
        )
        assert found.steps == 4
        return model.state_dict()

    whole = train("whole.pt")
    losses, learn = iter(range(10)), text_learning.Learner.learn

    def interrupted(self: object, loss: torch.Tensor) -> None:
        if next(losses) == 2:
            raise KeyboardInterrupt
        learn(self, loss)

    monkeypatch.setattr(text_learning.Learner, "learn", interrupted)
    monkeypatch.setattr(text_learning, "SAVED_EVERY", 2)
    with pytest.raises(KeyboardInterrupt):
        train("parts.pt")
    monkeypatch.setattr(text_learning.Learner, "learn", learn)
    parts = train("parts.pt")
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    with pytest.raises(ValueError, match="another plan"):
        train("parts.pt", seed=1)


def test_an_untrained_model_copies_what_followed_two_tokens() -> None:
    """The last token alone occurs twice, with different tokens after it."""
    from scripts.embedded.copying import initialise_copying

    def right(pairs: bool) -> int:
        torch.manual_seed(0)
        config = transformers.Qwen2Config(
            hidden_size=160,
            num_hidden_layers=2,
            intermediate_size=64,
            num_attention_heads=5,
            num_key_value_heads=5,
            vocab_size=400,
            rope_theta=1e6,
            tie_word_embeddings=True,
        )
        model = transformers.Qwen2ForCausalLM(config).eval()
        with torch.no_grad():
            model.model.embed_tokens.weight.normal_(std=0.05)
        initialise_copying(model.model, pairs=pairs)
        count = 40
        rows = torch.stack([torch.randperm(400)[:50] for _ in range(count)])
        first, last, wanted = rows[:, 20], rows[:, 21], rows[:, 22]
        rows[:, 35] = last  # Here something else comes before and after it.
        rows[:, 48], rows[:, 49] = first, last
        with torch.no_grad():
            found = model(rows).logits[:, -1].argmax(-1)
        return int((found == wanted).sum())

    assert right(pairs=True) >= 10  # By chance, a tenth of one is right.
    assert right(pairs=False) <= 2


def test_several_hints_at_one_place_count_each() -> None:
    """The loss is the weighted mean over reply tokens and hints, worked out one by one."""
    from scripts.embedded.text_batches import IGNORED, TextBatch
    from scripts.embedded.text_learning import text_losses

    logits = torch.tensor([[[2.0, 0.0, 1.0], [0.0, 3.0, 0.5], [1.0, 1.0, 0.0]]])
    batch = TextBatch(
        ids=torch.zeros(1, 3, dtype=torch.long),
        positions=torch.zeros(1, 3, dtype=torch.long),
        mask=torch.zeros(1, 1, 3, 3),
        prompts=torch.full((1, 3), IGNORED),
        replies=torch.tensor([[IGNORED, IGNORED, 0]]),
        weights=torch.tensor([[0.0, 0.0, 4.0]]),
        hints=torch.tensor([[0, 0, 1], [0, 0, 2], [0, 1, 1]]),
        hint_weights=torch.tensor([0.1, 0.1, 1.0]),
    )

    def surprise(place: int, token: int) -> float:
        values = logits[0, place].tolist()
        return math.log(sum(math.exp(value) for value in values)) - values[token]

    class Text(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, **_: object) -> object:
            return transformers.modeling_outputs.BaseModelOutput(last_hidden_state=logits)

    for more in (1.0, 3.0):
        hints = 0.1 * surprise(0, 1) + 0.1 * surprise(0, 2) + surprise(1, 1)
        expected = (4 * surprise(2, 0) + more * hints) / (4 + more * 1.2)
        loss, _ = text_losses(Text(), torch.nn.Identity(), batch, 0.0, more)
        assert loss.item() == pytest.approx(expected, rel=1e-5)
