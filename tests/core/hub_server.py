"""A server on 127.0.0.1 that speaks the calls huggingface-hub makes to download a data set."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.serving import QuietHandler, serve_handler

COMMIT = "0123456789abcdef0123456789abcdef01234567"


Response = tuple[int, bytes, dict[str, str]]


def respond(name: str, files: dict[str, Path], path: str) -> Response:
    """Return status, body and headers for a path of the Hub's interface."""
    found = re.fullmatch(rf"/datasets/{name}/resolve/[^/]+/(.+)", path)
    if found and found[1] in files:
        data = files[found[1]].read_bytes()
        etag = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        return 200, data, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}
    if re.fullmatch(rf"/api/datasets/{name}(/revision/[^/]+)?", path):
        siblings = [{"rfilename": file} for file in files]
        return _json({"id": name, "sha": COMMIT, "siblings": siblings})
    if re.fullmatch(rf"/api/datasets/{name}/tree/[^/]+/?", path):
        sizes = {file: path.stat().st_size for file, path in files.items()}
        entries = ({"path": file, "size": size} for file, size in sizes.items())
        return _json([{"type": "file", "oid": "0" * 40, **entry} for entry in entries])
    return 404, b"{}", {"X-Error-Code": "RepoNotFound", "X-Error-Message": "not found"}


def _json(value: Any) -> Response:
    return 200, json.dumps(value).encode(), {"Content-Type": "application/json"}


@contextmanager
def hub_server(name: str, folder: Path) -> Iterator[str]:
    """Serve a folder as the data set `name` and yield the server's address."""
    files = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}

    class Handler(QuietHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            status, data, headers = respond(name, files, self.path.split("?")[0])
            self.reply(status, data, headers, body=body)

    with serve_handler(Handler) as url:
        yield url
