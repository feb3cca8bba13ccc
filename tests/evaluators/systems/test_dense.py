"""`dense`: cosines worked out by hand, over an endpoint whose vectors are a stub's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.systems.dense import Dense
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.system import ConversationInfo, Services
from tests.evaluators.stub_endpoint import stub_endpoint
from tests.evaluators.systems.example_turns import NOW, turn

VECTORS = {
    "8 May 2023, Ada: one": [3.0, 4.0],
    "8 May 2023, Ada: two": [2.0, 0.0],
    "8 May 2023, Ada: [shares a picture: a kite]": [0.0, 5.0],
    "where?": [0.0, 2.0],
    "which?": [4.0, 0.0],
}
"""By text; the cosines with "where?" are 4/5, 0 and 1, those with "which?" 3/5, 1 and 0."""


TURNS = (turn(1, "one"), turn(2, "two"), turn(3, "", "a kite"), turn(4, " "))


def embedded(body: dict[str, Any]) -> tuple[int, Any]:
    rows = [{"index": n, "embedding": VECTORS[text]} for n, text in enumerate(body["input"])]
    return 200, {"object": "list", "data": rows[::-1], "model": body["model"]}


def opened(services: Services) -> Dense:
    dense = Dense()
    info = ConversationInfo(id="conv-1", speakers=("Ada", "Ben"), images="caption")
    dense.open(info, Path(), services)
    return dense


@pytest.mark.slow
@pytest.mark.parametrize("how", ["a name", "an address"])
def test_turns_come_by_cosine(how: str) -> None:
    with stub_endpoint(embedded) as stub:
        llm = parse_endpoint(stub.model, timeout_s=200)
        named = {"embedder": "e5"}
        if how == "an address":
            named, llm = {"embedder": f"openai:{stub.url}/v1?model=e5"}, None  # type: ignore[assignment]
        dense = opened(Services(llm=llm, options=named))
        assert dense.search("where?", 2, NOW) == []
        dense.add(TURNS)
        found = dense.search("where?", 2, NOW)
        assert [(hit.turn, hit.score) for hit in found] == [
            ("D1:3", pytest.approx(1.0)),
            ("D1:1", pytest.approx(0.8)),
        ]
        assert found[0].text == "8 May 2023, Ada: [shares a picture: a kite]"
        assert [hit.turn for hit in dense.search("which?", 9, NOW)] == ["D1:2", "D1:1", "D1:3"]
        dense.close()
        assert [len(body["input"]) for body in stub.requests] == [3, 1, 1]
        assert {body["model"] for body in stub.requests} == {"e5"}


def test_without_an_embedder_words_decide() -> None:
    dense = opened(Services())
    later = replace(TURNS[0], id="D1:9", text="one kite in the sky")
    dense.add((turn(1, "My parrot sleeps."), turn(2, "I bought a bicycle."), later))
    assert dense.search("Who has a bicycle?", 1, NOW)[0].turn == "D1:2"
    dense.close()


def test_options_that_make_no_sense_are_refused() -> None:
    check = load_system("dense").check_options
    assert check is not None
    check({"embedder": "lexical"}, "embedded:small")
    check({"embedder": "e5"}, "openai:http://127.0.0.1:9/v1?model=m")
    check({"embedder": "openai:http://127.0.0.1:9/v1?model=e5"}, None)
    for options, message in (
        ({"depth": "3"}, "dense has no option 'depth'. Its option is embedder"),
        ({"embedder": "e5"}, "but `model` is not an endpoint"),
        ({"embedder": "openai:nowhere"}, "nowhere"),
    ):
        with pytest.raises(InputError, match=message):
            check(options, "embedded:small")
