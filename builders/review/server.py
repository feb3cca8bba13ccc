"""A small web server on this machine for one or several reviewers."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import asdict
from importlib import resources
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router

from locomo_vqa.async_calls import run_async
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.image_decoding import read_image_bytes
from locomo_vqa.json_gate import load_json

from .guard import Guard
from .media_type import SNIFFED_BYTES, media_type
from .review import BadDecision, Review, UnknownQuestion

__all__ = ["ReviewServer"]

REVIEW_HOST = "127.0.0.1"

_PAGE = "index.html"
_ASSETS = {
    _PAGE: "text/html",
    "review.css": "text/css",
    "drawing.js": "text/javascript",
    "review.js": "text/javascript",
    "saving.js": "text/javascript",
}
_MOST = 1 << 16
"""The most bytes of a posted decision."""


class ReviewServer:
    """Serves one review until it is stopped; it listens as soon as it is created.

    Raises:
        OutputError: the port is taken or not allowed.
    """

    def __init__(self, review: Review, *, port: int = 0) -> None:
        """Listen on a `port` of the loopback address; 0 takes any free one."""
        self._review = review
        self._socket = _listen(port)
        number = self._socket.getsockname()[1]
        token = secrets.token_urlsafe(24)
        self.url = f"http://{REVIEW_HOST}:{number}/{token}/"
        """The page's address; whoever knows it can decide."""
        config = uvicorn.Config(
            Guard(self._app(token), token=token, port=number),
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve until someone presses "Done", or until KeyboardInterrupt."""
        try:
            run_async(self._server.serve(sockets=[self._socket]))
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Make `run` end soon; responses in progress are completed."""
        self._server.should_exit = True

    def _app(self, token: str) -> Starlette:
        routes = [
            Route("/", self._asset),
            Route("/questions", self._questions),
            Route("/decisions", self._decisions, methods=["GET"]),
            Route("/decisions", self._decide, methods=["POST"]),
            Route("/images/{sha256}", self._image),
            Route("/done", self._done, methods=["POST"]),
            Route("/{name}", self._asset),
        ]
        below = Router(routes, redirect_slashes=False)
        return Starlette(routes=[Mount(f"/{token}", below)], exception_handlers={404: _not_found})

    def _asset(self, request: Request) -> Response:
        name = request.path_params.get("name", _PAGE)
        if name not in _ASSETS:
            return _refusal(404, "Page not found.")
        content = resources.files(__package__).joinpath("site", name).read_bytes()
        return Response(content, media_type=_ASSETS[name])

    def _questions(self, request: Request) -> Response:
        review = self._review
        return JSONResponse(
            {
                "benchmark": review.benchmark.name,
                "questions": [review.question(row) for row in review.questions.values()],
                "decisions": _as_json(review),
                "set_aside": review.set_aside,
            }
        )

    def _decisions(self, request: Request) -> Response:
        return JSONResponse({"decisions": _as_json(self._review)})

    def _image(self, request: Request) -> Response:
        path = self._review.images.get(request.path_params["sha256"])
        if path is None:
            return _refusal(404, "Image not found in this review.")
        try:
            content = read_image_bytes(path)
        except InputError as error:
            return _refusal(404, error.message)
        return Response(
            content,
            media_type=media_type(content[:SNIFFED_BYTES]),
            headers={"Cache-Control": "private, max-age=86400, immutable"},
        )

    async def _decide(self, request: Request) -> Response:
        try:
            body = await _read_body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return _refusal(413, "The decision is too long.")
        try:
            posted = load_json(body)
        except ValueError:
            return _refusal(422, "A decision must be a JSON object.")
        return await run_in_threadpool(_decision_response, self._review.decide, posted)

    async def _done(self, request: Request) -> Response:
        self.stop()
        return JSONResponse(self._review.counts())


def _decision_response(decide: Callable[[Any], Any], posted: Any) -> Response:
    try:
        return JSONResponse({"saved": asdict(decide(posted))})
    except BadDecision as error:
        return _refusal(422, str(error))
    except UnknownQuestion:
        return _refusal(404, "Question not found in this review.")
    except OutputError as error:
        return _refusal(507, str(error))


async def _read_body(request: Request) -> bytes | None:
    """Return the posted body, or None if it is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST:
            return None
    return body


def _as_json(review: Review) -> dict[str, Any]:
    return {id: asdict(decision) for id, decision in review.decisions().items()}


async def _not_found(request: Request, error: Exception) -> Response:
    return _refusal(404, "Nothing is at this address.")


def _refusal(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((REVIEW_HOST, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or error
        raise OutputError(
            f"Port {port} can't be used ({reason}).",
            "Choose another `port`, or leave it out to take a free one.",
        ) from None
    return listening
