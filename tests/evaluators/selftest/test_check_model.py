"""The self-test with an endpoint: calls that fail, other models, and a model without eyes."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from locomo_vqa.evaluators.selftest import CheckResult, check_system
from locomo_vqa.evaluators.selftest.script import FIXED_SCRIPT
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.system import Services
from tests.evaluators.proxy.stub_upstream import Gives, Got, as_json, chat, stub_upstream
from tests.evaluators.selftest import faults
from tests.evaluators.selftest.test_check import loaded


class Asks(faults.Keeper):
    """Asks the model for each turn and each answer, and raises its failures."""

    model: str | None = None
    temperature: float = 0

    def open(self, conversation: Any, workdir: Any, services: Any) -> None:
        super().open(conversation, workdir, services)
        self.llm = services.llm

    def ask(self, text: str) -> Any:
        body = {
            "model": self.model or self.llm.model,
            "temperature": self.temperature,
            "messages": [{"role": "user", "content": text}],
        }
        request = urllib.request.Request(
            f"{self.llm.base_url}/chat/completions",
            json.dumps(body).encode(),
            {"authorization": f"Bearer {self.llm.api_key}"},
        )
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def add(self, turns: Any) -> None:
        for turn in turns:
            self.ask(turn.text)
        super().add(turns)

    def answer(self, question: str, *, now: datetime) -> Any:
        self.ask(question)
        return super().answer(question, now=now)


class IgnoresFailuresOfReading(Asks):
    def add(self, turns: Any) -> None:
        try:
            super().add(turns)
        except OSError:
            faults.Keeper.add(self, turns)


class AnswersWithAnApology(Asks):
    def answer(self, question: str, *, now: datetime) -> Any:
        try:
            return super().answer(question, now=now)
        except OSError:
            return "Sorry, something went wrong."


class AsksAnother(Asks):
    model = "another-model"
    temperature = 1


def without_eyes(got: Got) -> Gives:
    if b'"image_url"' in got.body:
        return as_json({"error": {"message": "images are not supported"}}, status=400)
    return chat()


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with stub_upstream(without_eyes) as stub:
        spec = f"openai:{stub.url}?model=stub"
        yield Services(llm=parse_endpoint(spec, timeout_s=250), model=spec)


def points(make: Any, services: Services, **declared: Any) -> dict[str, CheckResult]:
    checked = check_system(loaded(make, **declared), services, quiet_s=0, script=FIXED_SCRIPT)
    return {point.id: point for point in checked.results}


@pytest.mark.parametrize(
    ("make", "id", "state", "words"),
    [
        (
            IgnoresFailuresOfReading,
            "failures",
            "fail",
            "1 request of reading a conversation failed (HTTP 500)",
        ),
        (AnswersWithAnApology, "failures", "fail", "this was the answer: Sorry, something went"),
        (AsksAnother, "asked", "warn", "asked another-model, not stub."),
    ],
)
def test_a_fault_is_named(make: Any, id: str, state: str, words: str, services: Services) -> None:
    found = points(make, services)
    assert {id: p.state for id, p in found.items() if p.state != "pass"} == {id: state}
    assert words in found[id].detail


def test_who_raises_and_asks_the_named_model_passes(services: Services) -> None:
    checked = check_system(loaded(Asks), services, quiet_s=0, script=FIXED_SCRIPT)
    found = {point.id: point for point in checked.results}
    assert checked.times.tracebacks == {}  # The failures that were injected are not shown.
    assert all(point.state == "pass" for point in found.values())
    assert found["failures"].detail == ""


@pytest.mark.slow
def test_what_a_run_would_ask_is_tried_for_a_system_that_only_retrieves(
    services: Services,
) -> None:
    found = points(faults.OnlyFinds, services, only_retrieves=True)
    assert found["visual"].state == "fail"
    assert "images are not supported" in found["visual"].detail
    within = points(faults.OnlyFinds, Services(model="embedded:large"), only_retrieves=True)
    assert within["answers"].state == within["visual"].state == "pass"
    assert "was called" not in within["visual"].detail
    alone = points(faults.OnlyFinds, Services(), only_retrieves=True)
    assert alone["visual"].state == "pass"
    assert "only the search was tried" in alone["answers"].detail
