"""Encodes requests for a system in another process, and decodes its replies.

`locomo_vqa.worker`, at the other end, documents both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from locomo_vqa.json_gate import BadValue, load_json

from .isolation import Failure

__all__ = ["Reply", "decode_reply", "encode", "encode_request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A worker's reply to a request."""

    result: Any = None
    """What the call returned, as JSON."""
    failure: Failure | None = None
    """Why the call failed; None if it returned."""


def encode_request(number: int, call: str, arguments: Mapping[str, Any]) -> bytes:
    """Return a request as a line."""
    request = {"id": number, "call": call, **encode(arguments)}
    return json.dumps(request).encode("ascii") + b"\n"


def decode_reply(line: bytes | bytearray, number: int) -> Reply:
    """Return the reply to the request with a number.

    Raises:
        ValueError: the line is not JSON, or is a reply to another request.
        TypeError: a field has the wrong type.
    """
    try:
        return _reply(load_json(line.decode("ascii")), number)
    except BadValue as error:
        raise ValueError(f"a reply can't be used: {error}") from None
    except KeyError as error:
        raise ValueError(f"a reply has no field {error}") from None


def _reply(row: Any, number: int) -> Reply:
    if row["id"] != number:
        raise ValueError(f"reply {row['id']} to request {number}")
    if "error" not in row:
        return Reply(result=row["result"])
    error = row["error"]
    failure = Failure(
        state="timeout" if error["state"] == "timeout" else "error",
        reason=str(error["reason"]),
        unreachable=bool(error["unreachable"]),
        denied=error.get("denied") is True,
        missing=error.get("missing") is True,
        traceback=str(row.get("traceback", "")),
    )
    return Reply(failure=failure)


def encode(value: Any) -> Any:
    """Return a value of a type from `locomo_vqa.system` as JSON.

    Tuples become lists; classes become objects with the class name in the key `$`.
    """
    if isinstance(value, datetime):
        return {"$": "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {"$": "date", "value": value.isoformat()}
    if isinstance(value, Path):
        return {"$": "Path", "value": str(value)}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        inner = {field.name: encode(getattr(value, field.name)) for field in fields(value)}
        return {"$": type(value).__name__, "fields": inner}
    return value
