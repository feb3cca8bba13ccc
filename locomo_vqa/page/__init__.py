"""The shell of every page that the project makes: an HTML file with its style and script.

shell.html   head, Content-Security-Policy, and placeholders for style, body, data and script
base.css     colours for light and dark, type, tables: what all pages share
base.js      elements, numbers and untrusted text: what all pages share
"""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["content_security_policy", "read_asset", "render_page"]


def render_page(
    *,
    title: str,
    generator: str,
    body: str,
    style: str,
    script: str,
    data_id: str,
    data: str,
    images: bool = False,
    files: bool = False,
) -> str:
    """Return a page that opens from a file, without a network or a server.

    Args:
        title: the title of the window, as plain text.
        generator: the command that makes the page, for `<meta name="generator">`.
        body: the page's own HTML; it must not contain anything that came from outside.
        style: the page's own CSS; it follows `base.css`.
        script: the page's JavaScript, which runs after the body is parsed; it follows `base.js`.
        data_id: the id of the `<script>` element that holds the data.
        data: JSON that is safe inside HTML, as `json_for_html` returns it.
        images: whether the page shows images from `data:` addresses.
        files: whether the page loads scripts and images from its own folder.
    """
    from markupsafe import Markup

    style = read_asset(__name__, "base.css") + style
    script = read_asset(__name__, "base.js") + script
    policy = content_security_policy(script=script, style=style, images=images, files=files)
    return _shell().render(
        title=title,
        generator=generator,
        policy=Markup(policy),
        style=Markup(style),
        body=Markup(body),
        data_id=data_id,
        data=Markup(data),
        script=Markup(script),
    )


def content_security_policy(
    *, script: str, style: str, images: bool = False, files: bool = False
) -> str:
    """Return a policy that allows this script and this style, and what else is asked for.

    That is images in the page, and scripts and images from the page's own folder or server.
    """
    own = ["'self'"] if files else []
    shown = [*(["data:"] if images else []), *own]
    sources = {
        "default-src": "'none'",
        "script-src": " ".join([_hash_source(script), *own]),
        "style-src": _hash_source(style),
        **({"img-src": " ".join(shown)} if shown else {}),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{directive} {source}" for directive, source in sources.items())


def read_asset(package: str, *path: str) -> str:
    """Return the text of a package's file, such as a style sheet or a script."""
    return resources.files(package).joinpath(*path).read_text(encoding="utf-8")


@functools.cache
def _shell() -> Template:
    from jinja2 import Environment, StrictUndefined

    options: dict[str, Any] = {"autoescape": True, "undefined": StrictUndefined}
    return Environment(**options).from_string(read_asset(__name__, "shell.html"))


def _hash_source(text: str) -> str:
    """Return the Content-Security-Policy source for an inline script or style: its SHA-256."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
