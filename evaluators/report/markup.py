"""What a page's browser may run and load."""

from __future__ import annotations

import base64
import hashlib

__all__ = ["policy_for"]


def policy_for(*, script: str, style: str) -> str:
    """Return a Content-Security-Policy: only this script, this style, and pictures in the page."""
    return (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
