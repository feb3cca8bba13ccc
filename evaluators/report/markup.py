"""Data and scripts inside a page, so that nothing in them can become markup."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from locomo_vqa.files import clean_text

__all__ = ["json_for_html", "policy_for"]


def json_for_html(data: Any) -> str:
    """Return JSON that can't end the `<script>` it stands in, nor begin a comment there."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return clean_text(text.replace("<", "\\u003c"))


def policy_for(*, script: str, style: str) -> str:
    """Return a Content-Security-Policy: only this script, this style, and pictures in the page."""
    return (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
