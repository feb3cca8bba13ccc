"""The rank of each turn and session in what was retrieved."""

from __future__ import annotations

from locomo_vqa.evaluators.retrieval.ranks import rank_retrieved
from locomo_vqa.runs import Hit

KNOWN = {f"D{session}:{turn}": session for session in (1, 2, 3) for turn in (1, 2, 3)}


def hits(*turns: str | None) -> list[Hit]:
    return [Hit(text="", turn=turn) for turn in turns]


def test_a_turn_counts_at_its_first_rank_and_takes_one_place() -> None:
    found = rank_retrieved(hits("D1:1", "D1:1", "D2:1", "D1:1", "D1:2"), KNOWN)
    assert found.turns == {"D1:1": 1, "D2:1": 2, "D1:2": 3}
    assert found.sessions == {1: 1, 2: 2}


def test_a_passage_of_several_turns_takes_as_many_places() -> None:
    """So a passage that names fifty turns gains nothing at ten."""
    memory = Hit(text="", turn="D1:3", turns=("D1:1", "D1:3", "D2:2"))
    found = rank_retrieved([memory, *hits("D3:1")], KNOWN)
    assert found.turns == {"D1:3": 1, "D1:1": 2, "D2:2": 3, "D3:1": 4}
    assert found.sessions == {1: 1, 2: 2, 3: 3}


def test_what_names_no_turn_of_the_conversation_takes_a_place() -> None:
    found = rank_retrieved(hits("D9:9", None, "D9:9", "D1:1"), KNOWN)
    assert found.turns == {"D1:1": 3}
    assert (found.unknown, found.untraced, found.passages) == (("D9:9",), 1, 4)


def test_a_session_alone_is_ranked_among_sessions() -> None:
    found = rank_retrieved([Hit(text="", sessions=(2, 7)), *hits("D1:1")], KNOWN)
    assert found.sessions == {2: 1, 1: 3}
    assert found.turns == {"D1:1": 2}
    assert found.unknown == ("session 7",)


def test_the_whole_conversation_in_one_passage_ranks_nothing() -> None:
    found = rank_retrieved([Hit(text="", turns=tuple(KNOWN))], KNOWN)
    assert (found.whole, found.turns, found.sessions) == (True, {}, {})
