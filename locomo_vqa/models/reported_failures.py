"""Failures that an endpoint reports with status 200, in place of a reply.

Besides the usual field `error`, these are the two forms of lmdeploy's proxy (`lmdeploy serve
proxy`, 0.18.0): it forwards the error of a server without its status, and says `error_code` if the
server that it chose does not answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from locomo_vqa.files import clean_text
from locomo_vqa.models.chat import ModelDenied, ModelFailed, ModelUnreachable
from locomo_vqa.models.retries import REFUSED, SPENT, Fault, is_passing

__all__ = ["PROXY_WAIT_S", "dropped_status", "reported_failure", "shown_words"]

_STATUS = re.compile(r"[1-5][0-9]{2}")
_MAX_SHOWN = 300
_PROXY_CODES = (10401, 10402)
"""The proxy's codes for a server that can't be used now, and for one that does not answer."""
PROXY_WAIT_S = 25.0
"""Until lmdeploy's proxy notices that a server is gone (it asks all of them every 90 s), it sends
most requests there, so a request that is retried four times must outlast that."""


def reported_failure(value: Any) -> Fault | None:
    """Return the failure that a completion or a choice reports in place of a reply."""
    if not isinstance(value, Mapping):
        return None
    error = value.get("error")
    if error:
        code = error.get("code") if isinstance(error, Mapping) else None
        words = error.get("message", error) if isinstance(error, Mapping) else error
        raw = error.get("metadata") if isinstance(error, Mapping) else None
        if isinstance(raw, Mapping) and raw.get("raw"):
            words = f"{words} ({raw['raw']})"
        return _fault(shown_words(words), code)
    if value.get("finish_reason") in ("error", "abort"):
        message = value.get("message")
        words = message.get("content") if isinstance(message, Mapping) else None
        if value["finish_reason"] == "abort":  # The content is the part written before.
            words = "it aborted the request"
        return _fault(shown_words(words or "no reason given"), 500)
    return None if "choices" in value else _from_lmdeploy_proxy(value)


def shown_words(words: Any) -> str:
    """Return words of an endpoint, or any JSON, as the beginning of one clean line."""
    text = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
    return clean_text(" ".join(text.split()))[:_MAX_SHOWN]


def dropped_status(value: Any) -> int | None:
    """Return the HTTP status of an error that lmdeploy's proxy forwarded with status 200, or None.

    It is 502 if the server that the proxy chose does not answer.
    """
    if not isinstance(value, Mapping) or "choices" in value:
        return None
    if value.get("error_code") in _PROXY_CODES:
        return 502
    code = value.get("code")
    is_error = value.get("object") == "error" and type(code) is int and 400 <= code < 600
    return code if is_error else None


def _from_lmdeploy_proxy(value: Mapping[str, Any]) -> Fault | None:
    if value.get("object") == "error":
        return _fault(shown_words(value.get("message") or "no reason given"), value.get("code"))
    if dropped_status(value) is None:
        return None
    words = shown_words(value.get("text") or value["error_code"])
    lost = ModelUnreachable(f"the server behind the proxy does not answer: {words}")
    return Fault(error=lost, again=True, wait_s=PROXY_WAIT_S)


def _fault(reason: str, code: Any) -> Fault:
    words = f"the endpoint failed: {reason}"
    if isinstance(code, str) and code in SPENT:
        return Fault(error=ModelDenied(f"the quota is used up: {words}"), again=False)
    status = int(code) if isinstance(code, int | str) and _STATUS.fullmatch(str(code)) else 500
    if status in (401, 402, 403, 404):
        return Fault(error=ModelDenied(words), again=False)
    return Fault(
        error=ModelFailed(words),
        again=is_passing(status),
        busy=status in (429, 503),
        refusal=reason if status in REFUSED else None,
    )
