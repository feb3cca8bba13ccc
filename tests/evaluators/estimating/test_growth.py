"""What a whole run is projected to from two conversations, against sums worked out by formula."""

from __future__ import annotations

from datetime import datetime

import pytest

from locomo_vqa.benchmark import Conversation, Image, Session, TextQuestion, Turn
from locomo_vqa.evaluators.estimating.growth import fit_means
from locomo_vqa.evaluators.estimating.project import Known, OfCalls, project
from locomo_vqa.evaluators.estimating.result import makespan
from locomo_vqa.evaluators.estimating.sample import choose_sample
from locomo_vqa.evaluators.estimating.seen import SeenCall, SeenConversation
from locomo_vqa.evaluators.estimating.stages import estimate_stages
from locomo_vqa.text import duration

LENGTHS = (10, 40, 20, 30, 60)
"""Sessions of each conversation: the shortest is the first, the median the fourth."""


def conversation(number: int, sessions: int) -> Conversation:
    """Return a conversation whose sessions have two, three or four turns of 100 bytes."""
    made = []
    for session in range(1, sessions + 1):
        image = Image(url=None, sha256=None, state="ok")
        turns = tuple(
            Turn(
                id=f"D{session}:{turn}",
                speaker="Ann",
                text="x" * 100,
                images=(image,) if turn == 1 and session % 3 == 0 else (),
            )
            for turn in range(1, 3 + (session * number) % 3)
        )
        made.append(Session(number=session, time=datetime(2026, 1, 1), turns=turns))
    return Conversation(id=f"c{number}", split="test", speakers=("A", "B"), sessions=tuple(made))


CONVERSATIONS = [conversation(number, length) for number, length in enumerate(LENGTHS, 1)]


def questions(number: int = 7) -> dict[str, list[TextQuestion]]:
    return {
        each.id: [
            TextQuestion(
                id=f"{each.id}/t/{index}",
                conversation=each.id,
                index=index,
                category=1,
                question="?",
                answer="a",
                adversarial_answer=None,
                evidence=(),
                split="test",
            )
            for index in range(number)
        ]
        for each in CONVERSATIONS
    }


def call(text: float, images: int = 0, stage: str = "update") -> SeenCall:
    sent = round(text / 4 + 85 * images)
    return SeenCall(
        stage=stage, time="", text=text, images=images, sent=sent, came=3, unit=None, cost=0.0
    )


def turns_of(each: Conversation) -> list[int]:
    return [len(session.turns) for session in each.sessions]


def read_by_updates(each: Conversation) -> list[list[SeenCall]]:
    """Return one call a turn, with all that was said before: the cost grows with the square."""
    calls, so_far = [], 0.0
    for turns in turns_of(each):
        calls.append([call(so_far + 100 * turn) for turn in range(1, turns + 1)])
        so_far += 100 * turns
    return calls


def known(seen: dict[str, SeenConversation]) -> Known:
    return Known(conversations=CONVERSATIONS, questions=questions(), seen=seen)


def test_what_grows_with_the_square_of_a_conversation_is_projected() -> None:
    seen = {
        f"c{n}": SeenConversation(sessions=read_by_updates(CONVERSATIONS[n - 1])) for n in (1, 4)
    }
    text, by_name = project(known(seen), OfCalls(lambda call: call.text))
    for each in CONVERSATIONS:
        turns = sum(turns_of(each))
        true = 100 * turns * (turns + 1) / 2
        assert by_name[each.id] == pytest.approx(true, rel=0.03)
    assert text.value == pytest.approx(sum(by_name.values()))
    assert 0.05 * text.rest <= text.doubt < 0.2 * text.rest
    calls, _ = project(known(seen), OfCalls(lambda call: 1.0))
    assert calls.value == pytest.approx(sum(sum(turns_of(each)) for each in CONVERSATIONS))


def full_context(each: Conversation, asked: int) -> SeenConversation:
    """Return questions that each send the whole conversation, with its images."""
    images = sum(len(turn.images) for session in each.sessions for turn in session.turns)
    text = 100.0 * sum(turns_of(each)) + 40
    return SeenConversation(
        sessions=[[] for _ in each.sessions],
        questions={f"{each.id}/t/{n}": [call(text, images, "generation")] for n in range(asked)},
    )


def test_questions_that_send_the_conversation_cost_more_in_a_longer_one() -> None:
    seen = {f"c{n}": full_context(CONVERSATIONS[n - 1], 3) for n in (1, 4)}
    stages = estimate_stages(known(seen))
    assert [stage.stage for stage in stages] == ["generation", "all"]
    true = sum(
        next(iter(full_context(each, 1).questions.values()))[0].sent or 0 for each in CONVERSATIONS
    )
    assert stages[0].tokens_in.value == pytest.approx(7 * true, rel=0.02)
    assert stages[0].calls.value == 35
    assert stages[0].calls.seen == 6


def test_a_difference_within_the_noise_is_not_projected() -> None:
    noisy = fit_means([(10.0, [1.0, 3.0, 5.0]), (20.0, [2.0, 4.0, 6.0])])
    assert (noisy.base, noisy.slope) == (3.5, 0.0)
    clear = fit_means([(10.0, [10.0, 10.1, 9.9]), (20.0, [20.0, 20.1, 19.9])])
    assert clear.at(30.0) == pytest.approx(30.0)
    falling = fit_means([(10.0, [20.0, 20.0]), (20.0, [10.0, 10.0])])
    assert falling.slope == 0.0  # A longer conversation doesn't make a question cheaper.


def test_the_shortest_conversation_and_the_median_are_asked() -> None:
    sample = choose_sample(CONVERSATIONS, questions(), 3)
    assert sample.conversations == ("c1", "c4")
    assert sample.questions == {f"{name}/t/{n}" for name in ("c1", "c4") for n in (1, 3, 5)}
    assert choose_sample(CONVERSATIONS[:2], questions(), 9).conversations == ("c1", "c2")
    assert len(choose_sample(CONVERSATIONS[:1], questions(), 9).questions) == 7


def test_time_is_that_of_the_conversations_that_run_at_once() -> None:
    assert makespan([5, 1, 1, 1], 1) == 8
    assert makespan([5, 1, 1, 1], 2) == 5
    assert [duration(s) for s in (0.2, 89, 600, 7200)] == ["1 s", "89 s", "10 min", "2.0 h"]
