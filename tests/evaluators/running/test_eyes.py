"""A model that takes no images is refused before it is asked questions about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from locomo_vqa.benchmark import TextQuestion, load_benchmark
from locomo_vqa.benchmark.questions import Question, questions_of
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.running.eyes import check_eyes
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.system import Services
from tests.conftest import Cli
from tests.evaluators.proxy.stub_upstream import Gives, Got, StubUpstream, as_json, chat
from tests.evaluators.proxy.stub_upstream import stub_upstream as serve


@pytest.fixture
def blind() -> Iterator[StubUpstream]:
    """An endpoint that takes texts only."""

    def reply(got: Got) -> Gives:
        if b'"image_url"' in got.body:
            return as_json({"error": {"message": "images are not supported"}}, status=400)
        return chat()

    with serve(reply) as stub:
        yield stub


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return questions_of(load_benchmark("sample"), "test")


def lent(stub: StubUpstream) -> Services:
    spec = f"openai:{stub.url}?model=stub"
    return Services(llm=parse_endpoint(spec, timeout_s=250), model=spec)


def test_a_blind_endpoint_is_refused(blind: StubUpstream, questions: list[Question]) -> None:
    with pytest.raises(InputError, match=r"images are not supported.*, and 90 of 128 questions"):
        check_eyes(lent(blind), questions)
    asked = len(blind.got)
    check_eyes(lent(blind), [q for q in questions if isinstance(q, TextQuestion)])
    check_eyes(replace(lent(blind), options={"vision": "other"}), questions)
    assert len(blind.got) == asked


def test_an_endpoint_that_fails_for_texts_too_is_not_called_blind(
    questions: list[Question],
) -> None:
    with serve(lambda got: as_json({"error": {"message": "busy"}}, status=400)) as stub:
        check_eyes(lent(stub), questions)


def test_an_embedded_model_is_known_to_see_or_not(questions: list[Question]) -> None:
    check_eyes(Services(model="embedded:student"), questions)
    with pytest.raises(InputError, match=r"text-large does not accept images .it only reads text"):
        check_eyes(Services(model="embedded:text-large"), questions)


@pytest.mark.slow
def test_a_run_with_a_blind_model_does_not_begin(cli: Cli, blind: StubUpstream) -> None:
    options = ("--benchmark", "sample", "--split", "test", "--model", lent(blind).model or "")
    for system in ("bm25", "full-context"):
        done = cli("run", system, *options, "--out", system)
        assert done.returncode == 2
        assert "--model: stub does not accept images" in " ".join(done.stderr.split())
    done = cli("run", "bm25", *options, "--images", "caption", "--limit", "1", "--out", "caption")
    assert done.returncode == 0, done.stderr
