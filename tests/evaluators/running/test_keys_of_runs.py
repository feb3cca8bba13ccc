"""An endpoint that repeats the key leaks it into nothing that is written or shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.evaluators.hosting.hosted import write_system

KEY = "sk-planted-0123456789"


class Echo(BaseHTTPRequestHandler):
    """Repeats the authorization in a header, and in an error or an answer."""

    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        self.reply(200, {"object": "list", "data": []})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        said = f"{'x' * 250} {self.headers.get('authorization')}"
        if "/answers/" in self.path:
            message = {"role": "assistant", "content": said}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            self.reply(200, {"choices": [choice]})
        else:
            self.reply(401, {"error": {"message": said, "code": "invalid_api_key"}})

    def reply(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("x-said", str(self.headers.get("authorization")))
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


SPY = """
import urllib.request, urllib.error

class Own(Echo):
    def answer(self, question, *, now):
        llm = self.services.llm
        request = urllib.request.Request(
            llm.base_url + "/chat/completions", b'{"model": "m"}',
            {"authorization": "Bearer " + llm.api_key, "content-type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            reply = opener.open(request)
        except urllib.error.HTTPError as error:
            reply = error
        text = reply.read().decode() + str(reply.headers)
        print(text, flush=True)
        assert "Bearer *" in text
        return text
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["errors", "answers"])
@pytest.mark.parametrize("system", ["no-memory", "spy", "judge"])
def test_a_key_that_is_repeated_is_nowhere(
    system: str, mode: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("LOCOMO_VQA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    model = f"openai:{address}/{mode}/v1?model=m"
    at = ("--benchmark", "sample", "--split", "validation", "--limit", "2")
    name = write_system(tmp_path, "hears_key", SPY) if system == "spy" else "no-memory"
    if system == "judge":
        done = cli("run", "bm25", *at, "--out", "run")
        judged = ("--metrics", "j", "--judge", model, "--no-judge-check")
        done = cli("score", "run", "--benchmark", "sample", *judged)
    else:
        done = cli("run", name, *at, "--out", "run", "--model", model, "--record", "run.db")
        assert (tmp_path / "run" / "journal.jsonl").stat().st_size > 0, done.stderr
    assert KEY not in done.stdout + done.stderr
    assert "planted" not in done.stdout + done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []
    assert len(written) > 3
