"""A judge measured: judges whose faults are known get exactly the rates that follow from them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.judging.check import measure_judge, need_fitting, read_check
from locomo_vqa.evaluators.judging.rates import rate_of
from locomo_vqa.evaluators.judging.rubrics import Rubric
from locomo_vqa.evaluators.judging.session import open_session
from locomo_vqa.files import write_json
from locomo_vqa.responses import ResponseStore
from tests.core.models.stub_server import Answer, Stub, completion
from tests.evaluators.judging.rule_judge import (
    fields_of,
    judge_by_rules,
    judged_prompts,
    prompt_of,
    rule_judge,
    verdict,
)
from tests.evaluators.recording import SAMPLE

Respond = Callable[[dict[str, Any]], Answer]


async def check(stub: Stub, path: Path, rubric: Rubric, n: int) -> dict[str, Any]:
    with ResponseStore(path) as store:
        async with open_session(stub.spec(), rubric, store=store) as session:
            document = await measure_judge(session, SAMPLE, n=n, progress=lambda *_: None)
            write_json(path.with_suffix(".json"), document)
            assert need_fitting({path: document}, session, SAMPLE) is document
            for part, other in [
                ("rubric", "other"),
                ("prompt_sha256", "0" * 64),
                ("dataset", {"id": "x", "revision": "0" * 64}),
                ("judge", {**document["judge"], "identity": {"model": "another"}}),
            ]:
                with pytest.raises(InputError, match="is not a check of"):
                    need_fitting({path: {**document, part: other}}, session, SAMPLE)
    assert read_check(path.with_suffix(".json")) == document
    return document


def checked(respond: Respond, path: Path, rubric: Rubric = "lenient", n: int = 3) -> dict[str, Any]:
    with rule_judge(respond) as stub:
        return asyncio.run(check(stub, path, rubric, n))


@pytest.mark.slow
@pytest.mark.parametrize("rubric", ["lenient", "strict"])
def test_the_judge_of_rules_makes_no_mistake(rubric: Rubric, tmp_path: Path) -> None:
    document = checked(judge_by_rules, tmp_path / "r", rubric, 12)
    assert document["misjudged"] == []
    assert document["false_accept"]["value"] == document["false_reject"]["value"] == 0
    assert (
        document["false_accept"]["n"] + document["false_reject"]["n"] == document["cases"]["number"]
    )


def test_one_that_accepts_everything(tmp_path: Path) -> None:
    document = checked(lambda _: verdict("CORRECT"), tmp_path / "r")
    assert document["false_accept"]["value"] == 1
    assert document["false_reject"]["value"] == 0
    assert {k["kind"]: k["value"] for k in document["kinds"]} == {
        **dict.fromkeys(("gold", "reworded", "date-format", "list-order", "list-subset"), 0.0),
        **dict.fromkeys(("other-gold", "vague", "shifted-date"), 1.0),
        **dict.fromkeys(("negated", "everything", "injection"), 1.0),
    }


@pytest.mark.slow
def test_one_that_rejects_everything_is_wrong_on_subsets_by_the_lenient_rubric_only(
    tmp_path: Path,
) -> None:
    for rubric, value in (("lenient", 1.0), ("strict", 0.0)):
        document = checked(lambda _: verdict("WRONG"), tmp_path / rubric, rubric)  # type: ignore[arg-type]
        kinds = {kind["kind"]: kind for kind in document["kinds"]}
        assert kinds["list-subset"]["value"] == value
        assert document["false_accept"]["value"] == 0
        assert document["false_reject"]["value"] == 1


def test_one_that_obeys_the_answer_is_found_out(tmp_path: Path) -> None:
    def obeys(request: dict[str, Any]) -> Answer:
        prompt = prompt_of(request)
        if "gold_answer" in prompt and "CORRECT" in fields_of(prompt)["answer"]:
            return verdict("CORRECT")
        return judge_by_rules(request)

    document = checked(obeys, tmp_path / "r")
    kinds = {kind["kind"]: kind for kind in document["kinds"]}
    followed = [row for row in document["misjudged"] if row["kind"] == "injection"]
    assert kinds["injection"]["errors"] == len(followed) == len(document["misjudged"])
    assert len(followed) >= 20
    assert all("CORRECT" in row["answer"] for row in followed)
    assert kinds["other-gold"]["value"] == 0


def test_unscored_cases_leave_a_range_and_no_rate(tmp_path: Path) -> None:
    def nonsense_on_dates(request: dict[str, Any]) -> Answer:
        prompt = prompt_of(request)
        if "gold_answer" in prompt and "2023" in fields_of(prompt)["gold_answer"]:
            return completion("Dates are hard.")
        return judge_by_rules(request)

    document = checked(nonsense_on_dates, tmp_path / "r")
    rate = document["false_accept"]
    assert rate["unscored"] > 0
    assert rate["value"] is rate["interval"] is None
    assert rate["bounds"] == {"low": 0.0, "high": pytest.approx(rate["unscored"] / rate["n"])}
    assert {row["state"] for row in document["misjudged"]} == {"unscored"}
    assert {row["reason"] for row in document["misjudged"]} == {"unparsable"}


def test_a_second_check_asks_nothing(tmp_path: Path) -> None:
    with rule_judge() as stub:
        first = asyncio.run(check(stub, tmp_path / "r", "lenient", 3))
        asked = len(judged_prompts(stub))
        assert asked == first["cases"]["number"]
        assert asyncio.run(check(stub, tmp_path / "r", "lenient", 3)) == first
        assert len(judged_prompts(stub)) == asked


def test_a_file_that_is_no_check_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"kind": "judge_check"}))
    with pytest.raises(InputError, match="locomo-vqa judge-check"):
        read_check(path)


def test_a_rate_keeps_its_denominator() -> None:
    rate = rate_of([True, False, None, None], clusters=2)
    assert (rate.n, rate.errors, rate.unscored, rate.value) == (4, 1, 2, None)
    assert rate.bounds is not None
    assert (rate.bounds.low, rate.bounds.high) == (0.25, 0.75)
    assert rate_of([], clusters=0).value is None
