"""A stub of the Hub on 127.0.0.1, with the calls that huggingface-hub makes to write a data set."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import unquote

import pytest

from tests.serving import QuietHandler, serve_handler

NAME = "org/name"
TOKEN = "hf_right"
LFS = (".parquet", ".png")
"""Endings of the files that the Hub keeps outside of git."""

Answer = tuple[int, Any, dict[str, str]]
Act = Literal["drop", "drop_after"] | int


class Dropped(Exception):
    """The connection is closed without an answer."""


@dataclass
class Hub:
    """What the server holds, and what happened."""

    url: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    """Names that are taken, and by what."""
    branches: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Files by revision: `main`, `refs/pr/1`."""
    lfs: dict[str, bytes] = field(default_factory=dict)
    commits: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    faults: list[tuple[str, Act]] = field(default_factory=list)
    """Part of a request's first line, and what happens to it, once."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def head(self, revision: str) -> str:
        """Return the commit of a revision: a hash of its files."""
        files = self.branches[revision]
        text = repr([(name, hashlib.sha256(files[name]).hexdigest()) for name in sorted(files)])
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def find(self, revision: str) -> str:
        """Return the name of a revision that is given by name or commit."""
        revision = unquote(revision)
        for name in self.branches:
            if revision in (name, self.head(name)):
                return name
        raise KeyError(revision)

    def prepared(self, data: bytes) -> None:
        """Create the data set with a file, as another person would."""
        self.kinds[NAME] = "dataset"
        self.branches["main"] = {".gitattributes": data}


def oid(name: str, data: bytes) -> str:
    """Return the hash that the Hub compares: of the content, or git's of the blob."""
    if name.endswith(LFS):
        return hashlib.sha256(data).hexdigest()
    blob = b"blob %d\0" % len(data) + data
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


def who(hub: Hub, found: re.Match[str], body: bytes) -> Answer:
    return 200, {"name": "ada", "type": "user"}, {}


def info(hub: Hub, found: re.Match[str], body: bytes) -> Answer:
    kind, name, revision = found[1], found[2], found[3]
    if hub.kinds.get(name) != kind:
        return 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}
    head = hub.head(hub.find(revision or "main")) if hub.branches else "0" * 40
    return 200, {"id": name, "sha": head, "siblings": []}, {}


def create(hub: Hub, found: re.Match[str], body: bytes) -> Answer:
    asked = json.loads(body)
    assert asked["type"] == "dataset"
    hub.prepared(b"* text=auto\n")
    return 200, {"url": f"{hub.url}/datasets/{asked['organization']}/{asked['name']}"}, {}


def discussions(hub: Hub, found: re.Match[str], body: bytes) -> Answer:
    proposals = [c for c in hub.commits if c["created"]]
    items = [
        {
            "title": commit["summary"],
            "num": number,
            "author": {"name": "ada"},
            "createdAt": "2026-01-01T00:00:00.000Z",
            "status": "open",
            "repo": {"name": NAME, "type": "dataset"},
            "isPullRequest": True,
        }
        for number, commit in enumerate(proposals, 1)
    ]
    return 200, {"count": len(items), "start": 0, "discussions": items}, {}


def tree(hub: Hub, found: re.Match[str], body: bytes) -> Answer:
    files, folder = hub.branches[hub.find(found[1])], unquote(found[2] or "")
    entries = [
        {"type": "file", "path": name, "size": len(data), "oid": oid(name, data)}
        for name, data in files.items()
        if not folder or name.startswith(f"{folder}/")
    ]
    if folder and not entries:
        return 404, {"error": "not found"}, {"X-Error-Code": "EntryNotFound"}
    return 200, entries, {}


def preupload(hub: Hub, found: re.Match[str], body: bytes) -> Answer:
    held = hub.branches[hub.find(found[1])]
    files = [
        {
            "path": file["path"],
            "uploadMode": "lfs" if file["path"].endswith(LFS) else "regular",
            "shouldIgnore": False,
            "oid": oid(file["path"], held[file["path"]]) if file["path"] in held else None,
        }
        for file in json.loads(body)["files"]
    ]
    return 200, {"files": files}, {}


def batch(hub: Hub, found: re.Match[str], body: bytes) -> Answer:
    objects = []
    for item in json.loads(body)["objects"]:
        entry: dict[str, Any] = {"oid": item["oid"], "size": item["size"]}
        if item["oid"] not in hub.lfs:
            entry["actions"] = {"upload": {"href": f"{hub.url}/lfs/{item['oid']}", "header": {}}}
        objects.append(entry)
    return 200, {"transfer": "basic", "objects": objects}, {}


def put(hub: Hub, found: re.Match[str], body: bytes) -> Answer:
    assert hashlib.sha256(body).hexdigest() == found[1]
    hub.lfs[found[1]] = body
    return 200, {}, {}


def commit(hub: Hub, found: re.Match[str], body: bytes) -> Answer:
    base = hub.find(found[1])
    lines = [json.loads(line) for line in body.splitlines()]
    header = lines[0]["value"]
    if header.get("parentCommit") not in (None, hub.head(base)):
        return 412, {"error": "A commit has happened since"}, {}
    files = dict(hub.branches[base])
    for line in lines[1:]:
        value = line["value"]
        if line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif line["key"] == "lfsFile":
            files[value["path"]] = hub.lfs[value["oid"]]
        else:
            assert line["key"] == "deletedFile"
            del files[value["path"]]
    created = "create_pr=1" in (found[2] or "")
    number = sum(bool(c["created"]) for c in hub.commits) + 1
    target = f"refs/pr/{number}" if created else base
    hub.branches[target] = files
    hub.commits.append({"summary": header["summary"], "revision": target, "created": created})
    head = hub.head(target)
    answer = {"commitUrl": f"{hub.url}/datasets/{NAME}/commit/{head}", "commitOid": head}
    answer["pullRequestUrl"] = f"{hub.url}/datasets/{NAME}/discussions/{number}"
    return 200, answer, {}


ROUTES: list[tuple[str, Callable[[Hub, re.Match[str], bytes], Answer]]] = [
    (r"GET /api/whoami-v2", who),
    (rf"GET /api/datasets/{NAME}/discussions\?.*", discussions),
    (rf"GET /api/datasets/{NAME}/tree/([^/?]+)(?:/([^?]+))?(?:\?.*)?", tree),
    (r"GET /api/(\w+)s/([^/]+/[^/?]+)(?:/revision/([^/?]+))?(?:\?.*)?", info),
    (r"POST /api/repos/create", create),
    (r"POST /api/validate-yaml", lambda *_: (200, {}, {})),
    (rf"POST /api/datasets/{NAME}/preupload/([^/?]+)(?:\?.*)?", preupload),
    (rf"POST /datasets/{NAME}\.git/info/lfs/objects/batch", batch),
    (r"PUT /lfs/([0-9a-f]{64})", put),
    (rf"POST /api/datasets/{NAME}/commit/([^/?]+)(\?.*)?", commit),
]


def respond(hub: Hub, line: str, token: str | None, body: bytes) -> Answer:
    """Answer a request, or do what the first fault that fits it says."""
    hub.requests.append(line)
    fault = next((fault for fault in hub.faults if fault[0] in line), None)
    if fault:
        hub.faults.remove(fault)
        if isinstance(fault[1], int):
            return fault[1], {"error": f"made to fail with {fault[1]}"}, {}
        if fault[1] == "drop":
            raise Dropped
    if not line.startswith("PUT") and token != f"Bearer {TOKEN}":
        return 401, {"error": "Invalid credentials in Authorization header"}, {}
    for pattern, answer in ROUTES:
        if found := re.fullmatch(pattern, line):
            result = answer(hub, found, body)
            if fault:
                raise Dropped
            return result
    raise AssertionError(f"the client made a call that the server does not know: {line}")


@contextmanager
def local_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Run the server for a client that does not wait between its retries, and sends without Xet."""
    import huggingface_hub.constants
    import huggingface_hub.utils._http

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(
        huggingface_hub.utils._http, "time", SimpleNamespace(sleep=lambda seconds: None)
    )
    with push_server() as hub:
        yield hub
        huggingface_hub.utils._http.close_session()


@contextmanager
def push_server() -> Iterator[Hub]:
    """Run the server and yield what it holds."""
    hub = Hub()

    class Handler(QuietHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            line, token = f"{self.command} {self.path}", self.headers.get("Authorization")
            try:
                with hub.lock:
                    status, value, headers = respond(hub, line, token, body)
            except Dropped:
                self.close_connection = True
                return
            headers = {**headers, "Content-Type": "application/json"}
            self.reply(status, json.dumps(value).encode(), headers)

        do_GET = do_POST = do_PUT = handle_any

    with serve_handler(Handler) as hub.url:
        yield hub
