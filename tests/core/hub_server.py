"""A server on 127.0.0.1 that speaks the calls huggingface-hub makes to download a data set."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def hub_server(name: str, folder: Path) -> Iterator[str]:
    """Serve a folder as the data set `name` and yield the server's address."""
    files = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.split("?")[0]
            found = re.fullmatch(rf"/datasets/{name}/resolve/[^/]+/(.+)", path)
            if found and found[1] in files:
                data = files[found[1]].read_bytes()
                etag = hashlib.sha1(data, usedforsecurity=False).hexdigest()
                self._send(200, data, body, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})
            elif re.fullmatch(rf"/api/datasets/{name}(/revision/[^/]+)?", path):
                siblings = [{"rfilename": file} for file in files]
                self._json({"id": name, "sha": COMMIT, "siblings": siblings}, body)
            elif re.fullmatch(rf"/api/datasets/{name}/tree/[^/]+/?", path):
                tree = [
                    {"type": "file", "path": file, "size": path.stat().st_size, "oid": "0" * 40}
                    for file, path in files.items()
                ]
                self._json(tree, body)
            else:
                headers = {"X-Error-Code": "RepoNotFound", "X-Error-Message": "not found"}
                self._send(404, b"{}", body, headers)

        def _json(self, value: Any, body: bool) -> None:
            headers = {"Content-Type": "application/json"}
            self._send(200, json.dumps(value).encode(), body, headers)

        def _send(self, status: int, data: bytes, body: bool, headers: dict[str, str]) -> None:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body:
                self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
