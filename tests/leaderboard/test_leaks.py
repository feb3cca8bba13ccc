"""What must not be published is found in everything that would be sent, with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_file
from locomo_vqa.leaderboard.private_hosts import (
    find_private_hosts,
    hide_private_hosts,
    is_private_host,
)
from locomo_vqa.leaderboard.secrets import find_secrets
from locomo_vqa.leaderboard.submission.leaks import each_text
from locomo_vqa.leaderboard.submission.submit import submit
from tests.conftest import real_file

MakeRun = Callable[..., Path]
DAY = date(2026, 8, 31)
LETTERS = "aB3dE6gH9jK2mN5pQ8sT1vW4xY7z"
"""A made-up key's characters."""


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"sk-proj-{LETTERS}", "an API key"),
        (f"sk-ant-api03-{LETTERS}", "an API key"),
        (f"it said hf_{LETTERS}.", "an API key"),
        (f"ghp_{LETTERS}{LETTERS[:8]}", "an API key"),
        (f"AIza{LETTERS}{LETTERS[:7]}", "an API key"),
        ("AKIA" + "QWERTY1234567890", "an API key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "a private key"),
        (f"Authorization: Bearer {LETTERS}", "an access token"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4", "an access token"),
        ("https://ada:pa55@models.example/v1", "a password in a URL"),
        (f"https://models.example/v1?api_key={LETTERS}", "a key"),
        (f'"access_token": "{LETTERS}"', "a key"),
        ("No such file: /home/ada/notes.txt", "a user's folder (/home/ada)"),
        ("/Users/Ada Lovelace/x", "a user's folder (/Users/Ada)"),
        (r"C:\Users\ada\x", r"a user's folder (C:\Users\ada)"),
        ("http://localhost:8000/v1", "a host of a private network (localhost)"),
        ("openai:http://gpu7:8000/v1?model=x", "a host of a private network (gpu7)"),
        ("at http://10.1.2.3/v1", "a host of a private network (10.1.2.3)"),
        ("http://[fd12::1]:80/", "a host of a private network (fd12::1)"),
        ("ask gpu.cluster.internal:8000", "a host of a private network (gpu.cluster.internal)"),
        ("192.168.0.7 is down", "a host of a private network (192.168.0.7)"),
        ("HTTPConnectionPool(host='gpu7', port=80)", "a host of a private network (gpu7)"),
        ("http://127.1:80/", "a host of a private network (127.1)"),
        ("http://2130706433/", "a host of a private network (2130706433)"),
        ("ssh gpu7.lan.", "a host of a private network (gpu7.lan)"),
        ("on dgx.rack.corp, again", "a host of a private network (dgx.rack.corp)"),
        ("%2Fhome%2Fada%2Fx", "a user's folder (/home/ada)"),
        ("/mnt/c/Users/ada/x", "a user's folder (/mnt/c/Users/ada)"),
        (f"AZURE_OPENAI_KEY={LETTERS}", "a key"),
        ("ada@gpu.lan", "a host of a private network (gpu.lan)"),
    ],
)
def test_secrets_are_recognised(text: str, what: str) -> None:
    assert what in [secret.what for secret in find_secrets(text)]


@pytest.mark.parametrize(
    "text",
    [
        "On 7 May 2023, at 8:30 pm; D1:7 and conv-26/t/3.",
        "Caroline said: see https://www.example.org/a?b=c&d=e#f, or www.example.org:443.",
        "Write to ada@example.org.",
        "She stays at home.local food is good. They live in a private home/internal flat.",
        "Version 2.10.1.3, phone 555-0100-200, 1.10.2.3.4.5.",
        "The secret: she is pregnant. The password is swordfish. Her token = love.",
        "the task-oriented risk-averse desk-bound sk-learn user",
        "sk-" + "-".join(["word"] * 8),
        "ab" * 32,
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "~ and /home/user/notes.txt, /home or home/ada",
        "hf://datasets/org/name and s3://bucket/key and file:///etc/hosts",
        f"https://images.example/a/b.jpg?token=eyJ{LETTERS}.eyJ{LETTERS}.{LETTERS}",
        "http://…:8000/v1",
        "https://example.org/Users/ada and https://example.org/home/ada",
        "She works at Initech.corp now. It was a plan.Lan parties are fun.",
        "100% of 50 %, %zz and %20",
        "my_package.internal and mem0.local",
        "Bearer of good news, and a bearer certificate",
    ],
)
def test_ordinary_text_is_not_a_secret(text: str) -> None:
    assert list(find_secrets(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        *("a-", "a.", "a", "sk-", "sk-a1-", "eyJ-", "eyJa.eyJ", "http://", "api_key=", "token "),
        *("A_", "://a:", "bearer ", "/home/", "1.", "10.", "x@", "a-b.", "%41", "host='", "C:\\"),
        *("a.lan", "http://a", "http://a.", "1a"),
    ],
)
def test_long_answers_take_no_more_than_a_look(text: str) -> None:
    """A search that takes the square of the length would not end here."""
    whole = text * (400_000 // len(text))
    assert all(LETTERS not in secret.what for secret in find_secrets(whole))


@pytest.mark.parametrize(
    ("host", "private"),
    [
        *(("localhost", True), ("gpu7", True), ("a.b.lan", True), ("printer.LOCAL", True)),
        *(("172.16.0.1", True), ("172.32.0.1", False), ("169.254.169.254", True), ("::1", True)),
        *(("example.org", False), ("8.8.8.8", False), ("2606:4700::1111", False)),
    ],
)
def test_private_hosts(host: str, private: bool) -> None:
    assert is_private_host(host) is private


def test_hidden_hosts_are_not_found_again() -> None:
    text = (
        "openai:http://gpu7:8000/v1?model=x, http://[::1]:1/a, host='db', 10.0.0.1, x@a.lan, "
        "a.lan:22, https://example.org/x"
    )
    hidden = hide_private_hosts(text)
    assert hidden == (
        "openai:http://…:8000/v1?model=x, http://…:1/a, host='…', …, x@…, …:22, "
        "https://example.org/x"
    )
    assert list(find_private_hosts(hidden)) == []


def refusal(run: Path, to: Path, **said: Any) -> InputError:
    before = sorted(to.rglob("*"))
    with pytest.raises(InputError) as caught:
        submit(run, to=to, date=DAY, **said)
    assert sorted(to.rglob("*")) == before
    return caught.value


def test_an_answer_with_a_private_host_is_refused(make_run: MakeRun, submissions: Path) -> None:
    run = make_run(answers={"conv-1/t/1": "Ask http://gpu7.lan:8000/v1."})
    error = refusal(run, submissions)
    assert error.message == (
        "The submission would publish what should stay private: predictions.jsonl, line 2, "
        "prediction: a host of a private network (gpu7.lan)."
    )
    assert "run it again" in error.remedy


def test_a_key_is_refused_and_not_repeated(make_run: MakeRun, submissions: Path) -> None:
    run = make_run(options=[f"style=sk-{LETTERS}"])
    error = refusal(run, submissions)
    assert re.search(r"run\.json, line \d+, options\[0\]: an API key\.$", error.message)
    assert LETTERS not in str(error)
    assert error.remedy.startswith("Replace the key at its provider.")
    (line,) = re.findall(r"line (\d+)", error.message)
    assert "options" in (run / "run.json").read_text().splitlines()[int(line) - 1]


def test_a_key_of_this_machine_is_known_however_it_is_escaped(
    make_run: MakeRun, submissions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SERVICE_API_KEY", "zzz-private-0123")
    run = make_run(answers={"conv-1/t/0": "it is %7azz-private-0123"})
    error = refusal(run, submissions)
    assert "line 1, prediction: a key that this machine uses" in error.message


@pytest.mark.parametrize(
    ("said", "parameter"),
    [
        ({"url": "http://wiki.corp/echo"}, "`url`"),
        ({"url": f"https://example.org/?token={LETTERS}"}, "`url`"),
        ({"contact": "ada@gpu7.lan"}, "`contact`"),
        ({"name": "Echo of /home/ada/echo"}, "`name`"),
        ({"commit": "https://ada:pa55@git.example/x"}, "`commit`"),
    ],
)
def test_what_the_submitter_states_is_searched_too(
    make_run: MakeRun, submissions: Path, said: dict[str, str], parameter: str
) -> None:
    error = refusal(make_run(), submissions, **said)
    assert re.search(r"metadata\.yaml, line \d+, ", error.message)
    assert error.remedy == f"Correct {parameter}."


def test_retrieved_passages_and_names_of_fields_are_searched(
    make_run: MakeRun, submissions: Path, reseal: Callable[..., None]
) -> None:
    run = make_run(versions={"locomo_vqa": "0.1", f"hf_{LETTERS}": "1"})
    path = run / "predictions.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[3]["retrieved"][0]["text"] = "from /home/ada/memories.db"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    reseal(run)
    message = refusal(run, submissions).message
    assert "predictions.jsonl, line 4, retrieved[0].text: a user's folder (/home/ada)" in message
    assert "run.json, line 1, versions (a name in it): an API key" in message
    assert LETTERS not in message


def test_many_places_are_counted(make_run: MakeRun, submissions: Path) -> None:
    names = ["conv-1/t/0", "conv-1/t/1", "conv-1/v/D1:1/colour", "conv-2/t/0"]
    run = make_run(answers=dict.fromkeys(names, "http://gpu7/ or http://gpu8/"))
    assert refusal(run, submissions).message.endswith("; and 3 more places.")


def test_hosts_in_errors_and_options_are_hidden(make_run: MakeRun, submissions: Path) -> None:
    options = ["extraction=openai:http://gpu7:8000/v1?model=x", "store=/home/ada", "k=3"]
    run = make_run(model="openai:http://10.0.0.7:1/v1?model=tiny", options=options)
    path = run / "predictions.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[0] |= {"state": "error", "prediction": None, "error": "no reply from gpu7.lan:80"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    info["counts"].update(answered=4, failed=1)
    info["files"]["predictions.jsonl"] = sha256_file(path)
    (run / "run.json").write_text(json.dumps(info), encoding="utf-8")
    submission = submit(run, to=submissions, date=DAY)
    written = json.loads((Path(submission) / "run.json").read_text(encoding="utf-8"))
    assert written["options"] == ["extraction=openai:http://…:8000/v1?model=x", "store=~", "k=3"]
    assert written["answerer"]["model"] == "openai:http://…:1/v1?model=tiny"
    assert submission.metadata["answerer"] == written["answerer"]
    first = (Path(submission) / "predictions.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(first)["error"] == "no reply from …:80"


@pytest.mark.parametrize(
    "file",
    ["base_langmem_results", "base_rag_results_-1_k1", "base_zep_search_results"],
)
def test_real_answers_raise_no_alarm(file: str) -> None:
    path = real_file(f"predictions/{file}.json")
    value = json.loads(path.read_text(encoding="utf-8"))
    texts = [text for _, text in each_text(value)]
    assert len(texts) > 10_000
    assert [text for text in texts if list(find_secrets(text))] == []
