"""Visual twins: nothing in the question says that the image was never shared."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace

import pytest

from locomo_vqa.benchmark import Benchmark, VisualQuestion, load_benchmark
from locomo_vqa.benchmark.questions import gold_answer, questions_of, scored_questions
from locomo_vqa.benchmark.twins import VisualTwin, is_twin_id, twins_of
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_text


@pytest.fixture(scope="module")
def sample() -> Benchmark:
    return load_benchmark("sample")


@pytest.fixture(scope="module")
def twins(sample: Benchmark) -> list[VisualTwin]:
    return twins_of(sample)


def test_the_same_benchmark_has_the_same_twins(sample: Benchmark, twins: list[VisualTwin]) -> None:
    assert len(twins) == 336
    shuffled = replace(sample, visual_questions=tuple(reversed(sample.visual_questions)))
    assert {t.id for t in twins_of(shuffled)} == {t.id for t in twins}
    assert twins_of(sample) == twins


def test_no_speaker_shared_an_image_on_the_day_of_a_twin(
    sample: Benchmark, twins: list[VisualTwin]
) -> None:
    conversations = {each.id: each for each in sample.conversations}
    for twin in twins:
        conversation = conversations[twin.conversation]
        speaker = next(t.speaker for _, t in conversation.turns() if t.id == twin.turn)
        sessions = [s for s in conversation.sessions if s.time.date() == twin.day]
        assert sessions
        assert not [t for s in sessions for t in s.turns if t.speaker == speaker and t.images]


def test_the_words_are_of_another_conversation_of_the_split_and_no_name_is_foreign(
    sample: Benchmark, twins: list[VisualTwin]
) -> None:
    questions = {each.id: each for each in sample.visual_questions}
    conversations = {each.id: each for each in sample.conversations}
    for twin in twins:
        source = questions[twin.source]
        assert source.conversation != twin.conversation
        assert source.type == twin.type
        assert not set(conversations[source.conversation].speakers) & set(
            re.findall(r"\w+", twin.question)
        ) - set(conversations[twin.conversation].speakers)
        if twin.split != "validation":  # The sample has one such conversation.
            assert source.split == twin.split


def test_a_speakers_name_is_replaced_by_that_of_the_same_part(sample: Benchmark) -> None:
    first, second = sample.conversations[0].speakers
    named = replace(
        sample,
        visual_questions=tuple(
            replace(each, question=f"What is {first} giving {second}, not Firsthand?")
            if each.conversation == sample.conversations[0].id
            else each
            for each in sample.visual_questions
        ),
    )
    lent = [t for t in twins_of(named) if "giving" in t.question]
    assert lent
    speakers = {each.id: each.speakers for each in sample.conversations}
    for twin in lent:
        one, two = speakers[twin.conversation]
        assert twin.question == f"What is {one} giving {two}, not Firsthand?"


def test_ids_can_not_collide_with_those_of_the_benchmark(
    sample: Benchmark, twins: list[VisualTwin]
) -> None:
    ids = [twin.id for twin in twins]
    assert len(set(ids)) == len(ids)
    assert all(map(is_twin_id, ids))
    known = {q.id for q in questions_of(sample, "all")}
    assert not known & set(ids)
    assert not any(map(is_twin_id, known))
    foreign = replace(sample.visual_questions[0], id="a/twin/b")
    broken = replace(sample, visual_questions=(foreign, *sample.visual_questions[1:]))
    with pytest.raises(InputError, match="a/twin/b is reserved"):
        twins_of(broken)


def test_twins_are_asked_only_on_request_and_have_no_gold_answer(
    sample: Benchmark, twins: list[VisualTwin]
) -> None:
    assert not [q for q in questions_of(sample, "all") if isinstance(q, VisualTwin)]
    asked = questions_of(sample, "all", twins=True)
    assert sum(isinstance(q, VisualTwin) for q in asked) == len(twins)
    assert {gold_answer(twin) for twin in twins} == {None}
    assert len(scored_questions(sample, "all")) == 594
    test = questions_of(sample, "test", twins=True)
    assert {q.split for q in test} == {"test"}
    assert sum(isinstance(q, VisualTwin) for q in test) == 68


def test_the_order_says_nothing(sample: Benchmark) -> None:
    """The mean place of the twins of a conversation is that of all its visual questions."""
    places: list[float] = []
    for conversation in sample.conversations:
        visual = [
            q
            for q in questions_of(sample, "all", twins=True)
            if q.conversation == conversation.id and isinstance(q, VisualQuestion)
        ]
        mine = [n for n, q in enumerate(visual) if isinstance(q, VisualTwin)]
        places += [(n + 0.5) / len(visual) for n in mine]
    error = math.sqrt(1 / 12 / len(places))
    assert abs(sum(places) / len(places) - 0.5) < 3 * error


def _shares(values: list[str]) -> dict[str, float]:
    return {name: n / len(values) for name, n in Counter(values).items()}


def test_types_and_speakers_have_the_same_shares(
    sample: Benchmark, twins: list[VisualTwin]
) -> None:
    real = _shares([q.type for q in sample.visual_questions])
    made = _shares([t.type for t in twins])
    assert made.keys() == real.keys()
    assert all(abs(made[name] - real[name]) < 0.005 for name in real)
    for conversation in sample.conversations:
        by_turn = {t.id: t.speaker for _, t in conversation.turns()}
        asked = [q for q in sample.visual_questions if q.conversation == conversation.id]
        here = [t for t in twins if t.conversation == conversation.id]
        share = sum(by_turn[q.turn] == conversation.speakers[0] for q in asked) / len(asked)
        mine = sum(by_turn[t.turn] == conversation.speakers[0] for t in here) / len(here)
        assert abs(share - mine) < 0.15


def test_gold_answers_of_the_words_have_the_same_shares(
    sample: Benchmark, twins: list[VisualTwin]
) -> None:
    """Guessing from the words is worth the same: the answers that they had are alike."""
    questions = {each.id: each for each in sample.visual_questions}
    real = _shares([q.answer for q in sample.visual_questions])
    made = _shares([questions[t.source].answer for t in twins])
    distance = sum(abs(real.get(a, 0) - made.get(a, 0)) for a in {*real, *made}) / 2
    assert distance < 0.2


def _words(question: VisualQuestion) -> set[str]:
    return set(re.findall(r"\w+", question.question.lower()))


def test_a_classifier_over_words_is_at_chance(sample: Benchmark, twins: list[VisualTwin]) -> None:
    """Naive Bayes, trained on nine tenths of the wordings, judges the others: half of it is right.

    A wording is a real question in one conversation and a twin in another, so it is in one part.
    """
    parts: dict[int, list[VisualQuestion]] = {}
    for question in [*sample.visual_questions, *twins]:
        part = int(sha256_text(question.question)[:8], 16) % 10
        parts.setdefault(part, []).append(question)
    right = {True: [0, 0], False: [0, 0]}
    for held_out, asked in parts.items():
        seen = {True: Counter[str](), False: Counter[str]()}
        totals = {True: 0, False: 0}
        for question in (q for part, group in parts.items() if part != held_out for q in group):
            side = isinstance(question, VisualTwin)
            seen[side].update(_words(question))
            totals[side] += 1
        for question in asked:
            side = isinstance(question, VisualTwin)
            odds = sum(
                math.log((seen[True][word] + 1) / (totals[True] + 2))
                - math.log((seen[False][word] + 1) / (totals[False] + 2))
                for word in _words(question)
            )
            right[side][0] += (odds > 0) == side
            right[side][1] += 1
    balanced = sum(hits / n for hits, n in right.values()) / 2
    assert 0.43 < balanced < 0.57


def test_a_conversation_in_which_a_speaker_always_shares_has_no_twins(sample: Benchmark) -> None:
    conversation = sample.conversations[0]
    image = next(t.images[0] for _, t in conversation.turns() if t.images)
    full = replace(
        conversation,
        sessions=tuple(
            replace(s, turns=tuple(replace(t, images=t.images or (image,)) for t in s.turns))
            for s in conversation.sessions
        ),
    )
    changed = replace(sample, conversations=(full, *sample.conversations[1:]))
    assert conversation.id not in {t.conversation for t in twins_of(changed)}


def test_one_conversation_alone_has_no_twins(sample: Benchmark) -> None:
    first = sample.conversations[0]
    alone = replace(
        sample,
        conversations=(first,),
        visual_questions=tuple(q for q in sample.visual_questions if q.conversation == first.id),
    )
    assert twins_of(alone) == []
