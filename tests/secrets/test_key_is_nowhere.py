"""A key that an endpoint repeats in every form is in nothing that a command writes or shows."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Cli

from .echo import KEY, EchoEndpoint, echo_endpoint
from .searching import find_secret, has_secret
from .small_build import write_small_build

pytestmark = pytest.mark.slow

OTHER_KEY = KEY[::-1]
"""Is given with `key=NAME`."""

Give = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[EchoEndpoint]:
    with echo_endpoint() as served:
        yield served


@pytest.fixture
def give(cli: Cli, tmp_path: Path) -> Iterator[Give]:
    """Give commands with both keys set; at the end, neither is anywhere."""
    said: list[str] = []
    environment = {
        "OPENAI_API_KEY": KEY,
        "NAMED_KEY": OTHER_KEY,
        "LOCOMO_VQA_CACHE": str(tmp_path / "cache"),
    }

    def run(*args: str | Path, status: int | tuple[int, ...] = 0) -> object:
        done = cli(*args, **environment)
        assert done.returncode in ((status,) if isinstance(status, int) else status), done.stderr
        said.append(done.stdout + done.stderr)
        return done

    yield run  # type: ignore[misc]
    for key in (KEY, OTHER_KEY):
        assert find_secret(key, tmp_path) == []
        assert [text for text in said if has_secret(key, text)] == []


AT = ("--benchmark", "sample", "--split", "validation", "--limit", "2")


@pytest.mark.parametrize("key", ["", "&key=NAMED_KEY"])
def test_a_run(give: Give, endpoint: EchoEndpoint, tmp_path: Path, key: str) -> None:
    model = endpoint.model() + key
    give("run", "full-context", *AT, "--out", "a", "--model", model, "--record", "replies.db")
    give("run", "full-context", *AT, "--out", "b", "--model", model, "--no-meter")
    options = ("--option", f"embedder={model}", "--option", "prompts=reduced")
    keys = ("--env", "NAMED_KEY", "--env", "OPENAI_API_KEY")
    give("run", "mem0", *AT, "--out", "c", "--model", model, *options, *keys)
    assert "…" in (tmp_path / "b" / "predictions.jsonl").read_text()
    assert "***" in (tmp_path / "a" / "predictions.jsonl").read_text()


@pytest.mark.parametrize(("status", "code"), [("401", 2), ("400", 1), ("500", 1)])
def test_a_run_that_fails(give: Give, endpoint: EchoEndpoint, status: str, code: int) -> None:
    for number, meter in enumerate(("--meter", "--no-meter")):
        options = ("--model", endpoint.model(status), meter, "--out", f"run{number}")
        give("run", "full-context", *AT, *options, status=code)


def test_scores_and_what_is_made_of_them(
    give: Give, endpoint: EchoEndpoint, tmp_path: Path
) -> None:
    at = ("--benchmark", "sample")
    give("run", "bm25", *at, "--split", "validation", "--out", "bm25")
    give(
        "run",
        "full-context",
        *at,
        "--split",
        "validation",
        "--out",
        "f",
        "--model",
        endpoint.model(),
    )
    judge = ("--metrics", "v,f1,j", "--judge", endpoint.model("answers"))
    give("score", "f", *at, *judge, "--report", "f.html", status=(0, 1))
    assert "It says …" in (tmp_path / "f" / "judgements.jsonl").read_text()
    for code in ("401", "400"):
        wrong = ("--metrics", "j", "--judge", endpoint.model(code), "--out", f"scored-{code}")
        give("score", "bm25", *at, *wrong, "--report", f"{code}.html", status=(1, 2))
    give("judge-check", *at, "--judge", endpoint.model(), "--out", "measured.json", status=(0, 1))
    give("compare", "f", "bm25", *at, "--out", "compared", status=(0, 1))
    give("efficiency", "f", "bm25")
    give("submit", "f", "--to", "board", "--contact", "ada@example.org")
    give("leaderboard", "verify", "board", *at)
    give("leaderboard", "build", "board", "--out", "site")


def test_a_build(give: Give, endpoint: EchoEndpoint, tmp_path: Path) -> None:
    models = {"generator": endpoint.model(), "validator": endpoint.model() + "&key=NAMED_KEY"}
    recipe = write_small_build(tmp_path / "in", **models)
    work = ("--work", "work", "--out", "dataset", "--mirror", tmp_path / "in" / "mirror")
    give("build", "run", recipe, *work)
    questions = (tmp_path / "dataset" / "visual_questions.jsonl").read_text()
    assert "What is by …?" in questions
    give("build", "publish", "--benchmark", "dataset", "--out", "again")
    for number, code in enumerate(("401", "400")):
        work = ("--work", f"work{number}", "--mirror", tmp_path / "in" / "mirror")
        give("build", "run", recipe, *work, "--generator", endpoint.model(code), status=2)


def test_the_pages_of_a_review(give: Give, endpoint: EchoEndpoint, tmp_path: Path) -> None:
    models = {"generator": endpoint.model(), "validator": endpoint.model()}
    recipe = write_small_build(tmp_path / "in", **models)
    give("build", "run", recipe, "--work", "work", "--mirror", tmp_path / "in" / "mirror")
    command = [sys.executable, "-m", "locomo_vqa", "build", "review", "--work", "work"]
    reviewing = subprocess.Popen(
        [*command, "--no-browser"],
        cwd=tmp_path,
        env={**os.environ, "OPENAI_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert reviewing.stdout is not None
        line = reviewing.stdout.readline()
        found = re.search(r"http://([^/\s]+)(/\S*)", line)
        assert found, line
        connection = http.client.HTTPConnection(found[1], timeout=200)
        connection.request("GET", found[2])
        page = connection.getresponse().read()
        connection.close()
        assert len(page) > 100
        assert not has_secret(KEY, page)
    finally:
        reviewing.terminate()
        reviewing.communicate(timeout=200)


def test_a_distillation(give: Give, endpoint: EchoEndpoint, tmp_path: Path) -> None:
    command = ("distill", "duomem", "--benchmark", "sample", "--student", "embedded:student")
    options = ("--option", "window=40", "--option", "prompts=reduced")
    options += ("--threshold", "0", "--out", "out")
    for only in ("memories", "answers"):
        teacher = ("--teacher", endpoint.model() + "&key=NAMED_KEY")
        give(*command, *options, *teacher, "--only", only)
    memories = "".join(path.read_text() for path in (tmp_path / "out" / "memories").glob("*.json*"))
    assert "…" in memories
    give(*command, *options[:-1], "wrong", "--teacher", endpoint.model("400"), status=(1, 2))


def test_a_check_and_an_ablation(give: Give, endpoint: EchoEndpoint) -> None:
    model = ("--model", endpoint.model())
    give("check", "full-context", *model, status=(0, 1))
    give("check", "full-context", "--model", endpoint.model("401"), status=(1, 2))
    modes = ("--images", "pixels", "--visual", "given", "--split", "validation")
    give("ablate", "no-memory", "--benchmark", "sample", *modes, *model, "--out", "ablation")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (f"{KEY}\r", "ends in a blank or a line break"),
        (f'"{KEY}"', "is in quotation marks"),
        (f"Bearer {KEY}", "begins with the word Bearer"),
        (f"{KEY}\u200b", "ends in a blank or a line break"),
        (f"\u201c{KEY}\u201d", "has a character that is not ASCII"),
    ],
)
def test_what_is_no_key_is_refused_before_anything_is_asked(
    cli: Cli, endpoint: EchoEndpoint, tmp_path: Path, value: str, words: str
) -> None:
    asked = endpoint.calls
    models = ("--generator", endpoint.model(), "--validator", endpoint.model())
    for command in (
        ("run", "full-context", *AT, "--model", endpoint.model(), "--out", "run"),
        ("build", "run", "sample", "--work", "work", *models),
    ):
        done = cli(*command, OPENAI_API_KEY=value)
        assert done.returncode == 2
        assert f"OPENAI_API_KEY: the key {words}" in done.stderr
        assert done.stderr.count("Error: ") == 1
        assert not has_secret(KEY, done.stdout + done.stderr)
    assert endpoint.calls == asked
    assert find_secret(KEY, tmp_path) == []


API = """
import sys, traceback
import locomo_vqa as lv

model, wrong = sys.argv[1:]
bench = lv.load_benchmark("sample")
run = lv.run("full-context", benchmark=bench, split="validation", limit=2, model=model, out="run")
print(run, run._repr_html_(), run.predictions)
scores = lv.score(run, metrics=["f1", "j"], judge=model, judge_check=False)
print(scores, scores._repr_html_(), scores.to_frame().to_string(), scores.judgements)
calls = [
    lambda: lv.run("full-context", benchmark=bench, split="validation", limit=2, model=wrong),
    lambda: lv.build("sample", work="work", generator=wrong, validator=wrong),
    lambda: lv.judge_check(benchmark=bench, judge=wrong),
    lambda: lv.distill(bench, teacher=wrong, student="embedded:student", out="distilled"),
]
for call in calls:
    try:
        print(call())
    except Exception:
        traceback.print_exc()
"""


def test_python_and_its_tracebacks(endpoint: EchoEndpoint, tmp_path: Path) -> None:
    (tmp_path / "session.py").write_text(API)
    cache = str(tmp_path / "cache")
    done = subprocess.run(
        [sys.executable, "session.py", endpoint.model(), endpoint.model("401")],
        cwd=tmp_path,
        env={**os.environ, "OPENAI_API_KEY": KEY, "LOCOMO_VQA_CACHE": cache},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Traceback") >= 3
    assert not has_secret(KEY, done.stdout + done.stderr)
    assert find_secret(KEY, tmp_path) == []


def test_the_endpoint_does_repeat_its_key(endpoint: EchoEndpoint) -> None:
    """Or the tests above would prove nothing."""
    for mode, path in (("answers", "embeddings"), ("401", "chat/completions")):
        connection = http.client.HTTPConnection(endpoint.url.removeprefix("http://"), timeout=200)
        body = json.dumps({"input": ["a"], "messages": [{"content": "a"}]})
        headers = {"authorization": f"Bearer {KEY}", "content-length": str(len(body))}
        connection.request("POST", f"/{mode}/v1/{path}", body, headers)
        reply = connection.getresponse()
        assert has_secret(KEY, reply.read())
        assert has_secret(KEY, str(reply.headers))
        connection.close()
