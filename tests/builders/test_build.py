"""Whole builds: stages follow each other, resume after kills, and end in one data set."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.recipe import BUNDLED_RECIPES, load_recipe
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_jsonl
from locomo_vqa.schemas import validate
from tests.builders.all_knowing import all_knowing
from tests.conftest import Cli, tree
from tests.evaluators.stub_endpoint import StubEndpoint

KILLS = 8
HARD = ("count", "colour", "unusual-detail")


def models(endpoint: StubEndpoint) -> list[str]:
    """Return the options that name the models of the stub."""
    base = f"openai:{endpoint.url}/v1?model="
    named = ["--generator", f"{base}large", "--validator", f"{base}small"]
    return [*named, "--verifier", f"{base}large"]


@pytest.mark.slow
def test_a_build_from_recipe_to_data_set(cli: Cli, tmp_path: Path) -> None:
    with all_knowing(HARD) as (known, endpoint):
        done = cli("build", "run", "sample", "--work", "w", "--out", "d", *models(endpoint))
        assert done.returncode == 0, done.stderr
        selection = json.loads((tmp_path / "w" / "selection.json").read_text())
        validate(selection, "selection", path=tmp_path, remedy="")
        assert set(selection["types"]) == set(HARD)
        assert (tmp_path / "w" / "selection.png").read_bytes().startswith(b"\x89PNG")
        built = load_benchmark(tmp_path / "d")
        assert {question.type for question in built.visual_questions} == set(HARD)
        true = {(question, answer) for (_, question), (answer, _) in known.answers.items()}
        assert {(q.question, q.answer) for q in built.visual_questions} <= true
        assert len(built.visual_questions) == 63 + 63 + 37
        rows = [row for _, row in read_jsonl(tmp_path / "w" / "questions.jsonl", what="it")]
        for row in rows:
            validate(row, "question_row", path=tmp_path, remedy="")
        assert {row["quality"]["self_consistent"] for row in rows if row["state"] == "ok"} == {True}
        assert {row["quality"]["guessable"] for row in rows if row["state"] == "ok"} == {False}
        assert {row["quality"]["agreed"] for row in rows if row["state"] == "ok"} == {True}
        assert sum(row["state"] == "declined" for row in rows) == 26
        card = (tmp_path / "d" / "README.md").read_text(encoding="utf-8")
        assert f"{selection['stability']:.0%} of bootstrap samples" in card
        assert max(known.asked.values()) == 1
        calls = sum(known.asked.values())
        again = cli("build", "run", "sample", "--work", "w", "--out", "e", *models(endpoint))
        assert again.returncode == 0, again.stderr
        assert sum(known.asked.values()) == calls
    assert tree(tmp_path / "d") == tree(tmp_path / "e")


def keys_of(store: Path) -> set[str]:
    """Return what the response store holds: model, text and image, as the stub counts them."""
    if not store.exists():
        return set()
    with sqlite3.connect(store) as connection:
        return {key for (key,) in connection.execute("SELECT key FROM replies")}


@pytest.mark.slow
def test_a_build_that_is_killed_at_any_moment_pays_for_nothing_twice(tmp_path: Path) -> None:
    """Kill -9 after random times until it ends by itself: the same data set.

    A request that was in flight when the process died may be asked again; one whose reply was
    stored may not: so no more requests are repeated than could be in flight at the kills.
    """
    rng = random.Random(1)
    with all_knowing(HARD) as (known, endpoint):
        command = [sys.executable, "-m", "locomo_vqa", "build", "run", "sample"]
        command += [part.replace("model=", "in_flight=4&model=") for part in models(endpoint)]
        killed = ["--work", "killed", "--out", "killed/d"]
        kills = 0
        for _ in range(KILLS):
            process = subprocess.Popen(
                [*command, *killed],
                cwd=tmp_path,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            try:
                _, stderr = process.communicate(timeout=rng.uniform(0.3, 5))
                assert process.returncode == 0, stderr.decode()
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.communicate()
                kills += 1
        assert kills >= KILLS // 2
        assert subprocess.run([*command, *killed], cwd=tmp_path).returncode == 0
        repeated = sum(number - 1 for number in known.asked.values())
        assert repeated <= 4 * kills
        whole = subprocess.run(
            [*command, "--work", "whole", "--out", "whole/d"], cwd=tmp_path, capture_output=True
        )
        assert whole.returncode == 0, whole.stderr.decode()
    assert tree(tmp_path / "killed" / "d") == tree(tmp_path / "whole" / "d")
    assert keys_of(tmp_path / "killed" / "responses.sqlite") == keys_of(
        tmp_path / "whole" / "responses.sqlite"
    )


def about(row: dict[str, Any]) -> str:
    """Hash what a decision is about, as docs/formats.md says."""
    parts = json.dumps([row["question"], row["answer"], row["image"]], separators=(",", ":"))
    return hashlib.sha256(parts.encode()).hexdigest()


@pytest.mark.slow
def test_review_is_applied_by_publish(cli: Cli, tmp_path: Path) -> None:
    with all_knowing(HARD) as (_, endpoint):
        options = ["--work", "w", *models(endpoint)]
        for stage in ("ingest", "images", "split", "probe", "select", "generate"):
            done = cli("build", stage, "sample", *options)
            assert done.returncode == 0, done.stderr
        rows = [row for _, row in read_jsonl(tmp_path / "w" / "questions.jsonl", what="it")]
        ok = [row for row in rows if row["state"] == "ok"]
        time_ = time.strftime("%Y-%m-%dT%H:%M:%S+00:00")
        decisions = [
            {"id": ok[0]["id"], "decision": "reject", "question": None, "answer": None},
            {"id": ok[1]["id"], "decision": "correct", "question": "Is it so?", "answer": "yes"},
            {"id": ok[2]["id"], "decision": "reject", "question": None, "answer": None},
        ]
        made_about = [about(ok[0]), about(ok[1]), about({**ok[2], "answer": "another"})]
        lines = [
            json.dumps({**decision, "about": hashed, "time": time_}) + "\n"
            for decision, hashed in zip(decisions, made_about, strict=True)
        ]
        (tmp_path / "w" / "review.jsonl").write_text("".join(lines))
        done = cli("build", "publish", "sample", *options, "--out", "d")
        assert done.returncode == 0, done.stderr
        assert "1 decision is set aside" in done.stdout
    questions = {q.id: q for q in load_benchmark(tmp_path / "d").visual_questions}
    assert ok[0]["id"] not in questions
    assert questions[ok[1]["id"]].answer == "yes"
    assert ok[2]["id"] in questions
    assert len(questions) == len(ok) - 1


WRONG: dict[str, tuple[list[str], str]] = {
    "no such recipe": (["build", "run", "nothing", "--work", "w"], "recipe not found"),
    "no such stage yet": (["build", "probe", "sample", "--work", "w"], "locomo-vqa build split"),
    "no such model": (
        ["build", "run", "sample", "--work", "w", "--generator", "gpt-4"],
        "gpt-4",
    ),
    "no server": (
        [
            *[
                "build",
                "run",
                "sample",
                "--work",
                "w",
                "--generator",
                "openai:http://127.0.0.1:9/v1?model=x",
            ]
        ],
        "does not answer",
    ),
    "no LoCoMo file": (["build", "run", "paper", "--work", "w"], "locomo10.json"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_a_sentence(name: str, cli: Cli) -> None:
    arguments, message = WRONG[name]
    done = cli(*arguments)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", BUNDLED_RECIPES)
def test_the_bundled_recipes_load(name: str) -> None:
    recipe = load_recipe(f"recipes/{name}.toml")
    assert (recipe.keep, len(recipe.probe_types)) == (3, 8)
    assert load_recipe(name) == recipe


def test_a_recipe_with_a_wrong_choice_is_refused(tmp_path: Path) -> None:
    text = load_recipe("sample").to_toml()
    changes: dict[str, Any] = {
        "keep = 3": ("keep = 0", "select.keep: 0 is less than"),
        'name = "LoCoMo-VQA sample"': ("", "'name' is missing"),
        "attempts = 3": ("attempts = three", "is not valid TOML"),
        '"mood", ': ('"vibe", ', "probe.types"),
    }
    for old, (new, message) in changes.items():
        path = tmp_path / "recipe.toml"
        path.write_text(text.replace(old, new))
        with pytest.raises(InputError, match=message):
            load_recipe(str(path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[images]", "[pictures]", r"a recipe has no \[pictures\]\. Did you mean 'images'\?"),
        ("phash_distance", "look_distance", r"no look_distance in \[images\].*'phash_distance'"),
        ("images = ", "pictures = ", r"no pictures in \[probe\]\. Did you mean 'images'\?"),
        ("attempts", "atempts", r"no atempts in \[generate\]\. Did you mean 'attempts'\?"),
        ("[select]", "[x]\ny = 1\n[select]", r"a recipe has no \[x\]\. See docs"),
        ("schema_version", "pictures = 5\nschema_version", r"a recipe has no pictures\."),
    ],
)
def test_a_name_that_recipes_do_not_have_is_named_with_the_right_one(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(load_recipe("sample").to_toml().replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        load_recipe(str(path))


@pytest.mark.slow
def test_a_recipe_s_text_is_published_without_credentials(cli: Cli, tmp_path: Path) -> None:
    secret = "openai:http://user:hush@127.0.0.1:9/v1?model=x"
    shown = "openai:http://…@127.0.0.1:9/v1?model=x"
    path = tmp_path / "recipe.toml"
    path.write_text(load_recipe("sample").to_toml().replace("embedded:large", secret))
    recipe = load_recipe(str(path))
    assert recipe.generator == secret
    assert f'generator = "{shown}"' in recipe.to_toml()
    assert "hush" not in recipe.to_toml()
    refused = cli("build", "probe", "sample", "--work", "w", "--validator", secret)
    assert "locomo-vqa build split" in refused.stderr
    done = cli("build", "ingest", "sample", "--work", "w", "--validator", secret)
    assert done.returncode == 0, done.stderr
    kept = (tmp_path / "w" / "recipe.toml").read_text(encoding="utf-8")
    assert f'validator = "{shown}"\n' in kept
    assert "hush" not in kept
