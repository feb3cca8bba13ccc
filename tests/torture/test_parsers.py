"""Parsers of names, addresses, replies, dates and gates, with any text and any value."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import string
import tomllib
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from locomo_vqa.builders.images.addresses import parse_url
from locomo_vqa.builders.questions.replies import read_reply
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.judging.replies import Unreadable, Verdict, read_verdict
from locomo_vqa.evaluators.memory.anomalies import AnomalyCounts
from locomo_vqa.evaluators.memory.replies import read_facts, read_list
from locomo_vqa.evaluators.prediction_files.ids import split_id
from locomo_vqa.json_gate import BadValue, load_json
from locomo_vqa.leaderboard.history.days import parse_day
from locomo_vqa.models.chat import ChatReply
from locomo_vqa.models.completions import parse_completion, read_completion
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.json_replies import json_values, load_reply
from locomo_vqa.models.names import EXAMPLES, hide_credentials, parse_name
from locomo_vqa.models.opening import check_model
from locomo_vqa.models.thoughts import split_thought
from locomo_vqa.public_addresses import is_public
from locomo_vqa.retry_after import retry_after_s
from locomo_vqa.runs import Usage
from locomo_vqa.toml_gate import load_toml

from .profile import few_examples

ANY_TEXT = st.text(st.characters(), max_size=60)
WORD = st.text(string.ascii_letters + string.digits + "-_./", min_size=1, max_size=12)
NAMES = st.one_of(
    ANY_TEXT,
    st.builds(
        "{}:{}{}{}".format,
        st.sampled_from([*EXAMPLES, "OpenAI", ""]),
        st.one_of(ANY_TEXT, st.sampled_from(["http://h/v1", "http://[::1", "https://h:99999/v1"])),
        st.sampled_from(["?", "", "??", "#"]),
        st.lists(
            st.builds(
                "{}={}".format,
                st.sampled_from(
                    ["model", "in_flight", "max_tokens", "key", "body.a", "body.a.b", "body.", "tp"]
                ),
                st.one_of(ANY_TEXT, st.sampled_from(["9" * 5000, "NaN", "1e999", "[" * 5000])),
            ),
            max_size=3,
        ).map("&".join),
    ),
)


@few_examples
@given(NAMES)
@example("openai:http://h/v1?model=m&max_tokens=" + "9" * 5000)
@example("openai:http://h/v1?model=m&in_flight=" + "9" * 5000)
@example("openai:http://h/v1?model=m&body.temperature=NaN")
@example("openai:http://h/v1?model=m&" + "body" + ".a" * 5000 + "=1")
def test_any_name_of_a_model_is_parsed_or_refused(name: str) -> None:
    for parse in (parse_name, check_model, lambda text: parse_endpoint(text, timeout_s=1)):
        if parse is check_model and not name.startswith(("openai:", "embedded:")):
            continue  # It asks the Hub.
        try:
            parse(name)
        except InputError as error:
            assert "`model`" in error.message
    endpoint = _endpoint_of(name)
    if endpoint is not None:
        json.dumps(endpoint.body, allow_nan=False)


def _endpoint_of(name: str) -> Any:
    try:
        return parse_endpoint(name, timeout_s=1)
    except InputError:
        return None


@few_examples
@given(st.sampled_from(sorted(EXAMPLES)), WORD, st.dictionaries(WORD, ANY_TEXT, max_size=3))
def test_a_name_is_parsed_into_what_it_was_made_of(
    scheme: str, target: str, options: dict[str, str]
) -> None:
    options = {key: value.encode("utf-8", "replace").decode() for key, value in options.items()}
    query = "&".join(f"{quote(key)}={quote(value, safe='')}" for key, value in options.items())
    name = parse_name(f"{scheme}:{target}?{query}")
    assert (name.scheme, name.target, dict(name.options)) == (scheme, target, options)


SECRET = st.text(string.ascii_letters + string.digits + ":@/-_+", min_size=6, max_size=20)


@few_examples
@given(SECRET, st.sampled_from(["api_key", "api-key", "token", "password", "client_secret"]))
def test_no_shown_name_has_its_secrets(secret: str, option: str) -> None:
    marked = f"S3CR3T{secret}3ND"
    for name in (
        f"openai:http://user:{marked}@host/v1?model=m",
        f"openai:http://{marked.replace('/', '-')}@host:80/v1",
        f"openai:http://host/v1?model=m&{option}={marked}",
    ):
        shown = hide_credentials(name)
        assert "S3CR3T" not in shown and "3ND" not in shown
        assert hide_credentials(shown) == shown


@few_examples
@given(st.ip_addresses())
def test_no_private_address_is_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    text = str(address)
    if address.is_private or address.is_loopback or address.is_multicast or address.is_link_local:
        assert not is_public(text)
    if isinstance(address, ipaddress.IPv4Address):
        nat = ipaddress.IPv6Address((0x64FF9B << 96) | int(address))
        assert is_public(f"::ffff:{text}") == is_public(text) == is_public(str(nat))


@few_examples
@given(ANY_TEXT)
def test_any_url_is_parsed_or_invalid(text: str) -> None:
    for url in (text, f"http://{text}", f"http://h:{text}", f"http://[{text}]/", f"//{text}"):
        try:
            parse_url(url)
        except httpx.InvalidURL:
            continue


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**250), 10**250)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
PIECES = (
    *("[", "]", "{", "}", ",", ":", '"', "\\", "1", "-", ".", "e", "NaN", "null", '"a":', "x", "'"),
    *("=", "a.b", "#", '"""', "2020-01-01", "0x", '"\\ud800"', "\u201c", "\u201d", "\ufeff", "\0"),
    *("<think>", "</think>", "```json", "```", "CORRECT", "WRONG", '"verdict":', '"facts":', "\n"),
    *("<|channel|>", "final", "<|message|>", "<answer>", "</answer>", " "),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@few_examples
@given(VALUES)
def test_the_gate_reads_json_as_python_does(value: Any) -> None:
    text = json.dumps(value)
    clean = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    assert load_json(text) == clean
    assert load_json(text.encode()) == clean
    assert load_json(f"\ufeff{text}".encode()) == clean


@few_examples
@given(TEXTS)
def test_the_gates_read_nothing_that_python_refuses(text: str) -> None:
    for load, plain in ((load_json, json.loads), (load_toml, tomllib.loads)):
        try:
            value = load(text)
        except ValueError:
            continue
        assert json.dumps(value, default=str) == json.dumps(plain(text), default=str).replace(
            "\\ud800", "\\ufffd"
        )


READERS = (
    read_verdict,
    read_reply,
    split_thought,
    lambda text: split_thought(text, cut=True),
    lambda text: list(json_values(text)),
    lambda text: read_list(_reply(text), "facts"),
    lambda text: read_facts(_reply(text), AnomalyCounts()),
)


def _reply(text: str) -> ChatReply:
    return ChatReply(text=text, finish="stop", usage=Usage(calls=1))


@few_examples
@given(TEXTS | ANY_TEXT)
def test_any_reply_is_read_or_a_failure(text: str) -> None:
    for read in READERS:
        read(text)
    with contextlib.suppress(ValueError):
        load_reply(text)


@few_examples
@given(VALUES | TEXTS)
def test_any_completion_is_a_reply_or_a_fault(value: Any) -> None:
    for content in (json.dumps(value), json.dumps({"choices": value}), _message(value), str(value)):
        try:
            completion = parse_completion(content.encode("utf-8", "replace"))
        except ValueError:
            continue
        read_completion(completion)


def _message(value: Any) -> str:
    return json.dumps({"choices": [{"message": {"content": value}}], "usage": value})


WRAPPED = ("{}", "<think>It is WRONG. {{</think>\n{}", "```json\n{}\n```", "\n {} \n", "{}</s>")


@few_examples
@given(
    st.booleans(), st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.sampled_from(WRAPPED)
)
def test_a_verdict_is_read_from_every_form(correct: bool, reasoning: str, form: str) -> None:
    said = json.dumps({"reasoning": reasoning, "verdict": "CORRECT" if correct else "WRONG"})
    found = read_verdict(form.format(said))
    assert isinstance(found, Verdict), found
    assert (found.correct, found.reasoning) == (correct, reasoning.strip())
    both = json.dumps({"reasoning": "", "verdict": "CORRECT or WRONG"})
    assert isinstance(read_verdict(form.format(both)), Unreadable)


@few_examples
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), max_size=5))
def test_a_list_is_read_as_it_was_written(items: list[str]) -> None:
    found = read_list(_reply(json.dumps({"facts": items})), "facts")
    assert found == items


@few_examples
@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)), st.integers(-(10**9), 10**9))
def test_dates_and_waits_are_read_as_they_were_written(moment: datetime, seconds: int) -> None:
    assert parse_day(moment.date().isoformat()) == moment.date()
    assert retry_after_s(str(seconds)) == max(0, seconds)
    aware = moment.replace(tzinfo=UTC, microsecond=0)
    waited = retry_after_s(format_datetime(aware, usegmt=True))
    assert waited is not None
    assert waited == pytest.approx(
        max(0, (aware - datetime.now(UTC)) / timedelta(seconds=1)), abs=600
    )


@few_examples
@given(ANY_TEXT)
@example("Mon, 99 Jan 2020 00:00:00 GMT")
@example("Mon, 01 Jan 9999999999999 00:00:00 GMT")
@example("1e400")
def test_any_date_is_read_or_none(text: str) -> None:
    waited = retry_after_s(text)
    assert waited is None or 0 <= waited < float("inf")
    found = parse_day(text)
    assert found is None or isinstance(found, date)
    number = split_id(text)[1]
    assert number is None or text.endswith(str(number))


def test_too_many_digits_are_refused() -> None:
    with pytest.raises(BadValue):
        load_json("9" * 301)
