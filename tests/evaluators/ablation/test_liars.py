"""No system without sight is proven, whatever else it knows; one that sees is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.evaluators.ablation import Certificate, certify
from locomo_vqa.evaluators.ablation.certificate_runs import crossed_runs
from locomo_vqa.evaluators.ablation.pairing import paired_answers
from locomo_vqa.runs import Prediction, Run
from locomo_vqa.system import ConversationInfo, ShownImage
from tests.evaluators.recording import SAMPLE, Recorder, harness, recorder

from .liars import ASKED, LIARS, SEES, Reading

ALL = {**LIARS, "sight": SEES}
SECRET = "8" * 64


class Panel(Recorder):
    """Asks every liar each question, and returns their answers separated by bars."""

    reading: Reading

    def open(self, conversation: ConversationInfo, workdir: Path, services: Any) -> None:
        self.reading = Reading(conversation.id)

    def add(self, turns: Any) -> None:
        self.reading.add(turns)

    def answer_visual(self, question: str, *, image: ShownImage | None, now: Any) -> str:
        return "|".join(answer(self.reading, question, image) for answer in ALL.values())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run, Run]:
    """The certificate's two runs, and one with captions, on the sample's 90 test questions."""
    one = harness(recorder(**vars(Panel)), tmp_path_factory.mktemp("liars") / "out")
    one = replace(one, benchmark=replace(SAMPLE, text_questions=()))
    first, second = crossed_runs(one, lambda each: each.run(), visual="given", secret=SECRET)
    return first, second, replace(one, out=one.out / "caption", images="caption").run()


def certificate_of(liar: str, runs: tuple[Run, Run, Run]) -> Certificate:
    place = list(ALL).index(liar)
    first, second, caption = ([_answer_of(each, place) for each in r.predictions] for r in runs)
    return certify(
        paired_answers(ASKED, (first, second), caption, visual="given", secret=SECRET),
        visual="given",
    )


def _answer_of(prediction: Prediction, place: int) -> Prediction:
    assert prediction.prediction is not None, prediction.error
    return replace(prediction, prediction=prediction.prediction.split("|")[place])


@pytest.mark.slow
@pytest.mark.parametrize("liar", LIARS)
def test_no_liar_is_proven(liar: str, runs: tuple[Run, Run, Run]) -> None:
    """All answer the same whatever is shown, though four know nearly every gold answer."""
    found = certificate_of(liar, runs)
    assert (found.verdict, found.changed, found.questions) == ("refuted", 0, 90)
    if liar in ("question's text", "conversation and turn", "benchmark on disk"):
        assert found.own > 80


@pytest.mark.slow
def test_sight_is_proven(runs: tuple[Run, Run, Run]) -> None:
    found = certificate_of("sight", runs)
    assert (found.verdict, found.own, found.images) == ("proven", 100, 13)
