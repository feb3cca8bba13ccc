"""The embedder of a run is in its record, and can't change within a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.proxy.answered import answered_model
from locomo_vqa.evaluators.running.environment_record import EnvironmentRecord
from locomo_vqa.run_notes import embedder_of
from locomo_vqa.worker import describe_environment
from tests.evaluators.stub_endpoint import completion, stub_endpoint

from ..recording import Recorder, harness, recorder
from .test_environment_record import FOUND


def embed(body: dict[str, Any]) -> tuple[int, Any]:
    """Reply to a request for embeddings or for a completion, as a server that names its models."""
    if "input" not in body:
        return completion("yes", finish_reason="stop")
    rows = [{"index": n, "embedding": [1.0, 0.0]} for n in range(len(body["input"]))]
    return 200, {"object": "list", "data": rows, "model": f"{body['model']}-2026-05"}


def test_what_is_known_of_the_embedder_may_grow_but_not_change() -> None:
    record = EnvironmentRecord()
    record.add({**FOUND, "embedder": None})
    assert record.add({**FOUND, "embedder": {"name": "mini"}}) is True
    assert record.add({**FOUND, "embedder": {"name": "mini", "model": "mini-2026-05"}}) is True
    assert record.add({**FOUND, "embedder": {"name": "mini"}}) is False
    assert record.add({**FOUND, "embedder": None}) is False
    assert record.known is not None
    assert record.known["embedder"] == {"name": "mini", "model": "mini-2026-05"}
    for found, words in (
        ({"name": "maxi"}, "the embedder is maxi, not mini"),
        ({"name": "mini", "model": "mini-2"}, "the embedder's model is mini-2, not mini-2026-05"),
    ):
        with pytest.raises(InputError) as raised:
            EnvironmentRecord(record.known).add({**FOUND, "embedder": found})
        assert words in str(raised.value)


def test_a_record_from_before_embedders_were_recorded_can_be_continued() -> None:
    record = EnvironmentRecord({name: FOUND[name] for name in FOUND if name != "written"})
    assert record.add({**FOUND, "embedder": {"name": "mini"}}) is True


@pytest.mark.parametrize("said", [7, {"name": 7}, {"model": "x"}, [("name", "")]])
def test_what_is_no_embedder_is_left_out(said: Any) -> None:
    assert describe_environment(type("System", (), {"embedder_record": said}))["embedder"] is None


def test_only_known_facts_are_kept() -> None:
    said = {"name": "mini", "revision": "abc", "api_key": "secret", "model": None}
    found = describe_environment(type("System", (), {"embedder_record": said}))["embedder"]
    assert found == {"name": "mini", "revision": "abc"}


def test_a_run_is_not_continued_with_another_embedder(tmp_path: Path) -> None:
    def failing(self: Recorder, question: str, *, now: Any) -> str:
        raise RuntimeError("busy")

    def own(name: str) -> type[Recorder]:
        return recorder(answer=failing, embedder_record={"name": "e5", "sha256": name * 64})

    done = harness(own("a"), tmp_path / "run").run()
    assert embedder_of(done.info) == {"name": "e5", "sha256": "a" * 64}
    with pytest.raises(InputError, match="the embedder's sha256 is bbb"):
        harness(own("b"), tmp_path / "run").run(retry_failed=True)


@pytest.mark.slow
def test_a_run_records_the_model_that_the_embedder_s_server_named(tmp_path: Path) -> None:
    with stub_endpoint(embed) as endpoint:
        for name, embedder in (("metered", "mini"), ("other", f"openai:{endpoint.url}/v1?model=e")):
            done = locomo_vqa.run(
                "dense",
                benchmark="sample",
                split="validation",
                limit=1,
                model=endpoint.model,
                options={"embedder": embedder},
                out=tmp_path / name,
                progress=False,
            )
            known = {"name": "e" if name == "other" else "mini"}
            known["model"] = f"{known['name']}-2026-05"
            assert embedder_of(done.info) == known
    info = json.loads((tmp_path / "metered" / "run.json").read_text())
    asked = {row["stage"]: row["answered"] for row in info["calls"]["asked"]}
    assert asked == {"embedding": ["mini-2026-05"], "llm": ["stub"]}


def test_without_a_word_of_the_system_its_calls_name_the_embedder() -> None:
    row = {"stage": "embedding", "model": "mini", "answered": ["mini-2026-05"]}
    asked = [{"stage": "llm", "model": "m"}, row]
    info = {"record": {"environment": {}}, "calls": {"asked": asked}}
    assert embedder_of(info) == {"name": "mini", "model": "mini-2026-05"}
    assert embedder_of({"record": {"environment": None}}) is None
    for said, found in (
        ({"name": "mini"}, {"name": "mini", "model": "mini-2026-05"}),
        ({"name": "e5"}, {"name": "e5"}),
        ({"name": "mini", "sha256": "a" * 64}, {"name": "mini", "sha256": "a" * 64}),
    ):
        assert embedder_of({**info, "record": {"environment": {"embedder": said}}}) == found


@pytest.mark.parametrize(
    ("reply", "model"),
    [
        (b'{"model": "m-1", "data": []}', "m-1"),
        (b'{"data": [' + b"0.5, " * 5000 + b'0], "model" : "m-2", "usage": {}}', "m-2"),
        (b'data: {"id": "x", "model": "m\\u00e9", "choices": []}\n\ndata: [DONE]', "m\u00e9"),
        (b'{"choices": [{"message": {"content": "{\\"model\\": \\"fake\\"}"}}]}', None),
        (b'{"model": null}', None),
        (b"", None),
        (None, None),
    ],
)
def test_the_model_that_a_reply_names(reply: bytes | None, model: str | None) -> None:
    assert answered_model(reply) == model
