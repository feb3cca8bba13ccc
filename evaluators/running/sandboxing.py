"""What one conversation's sandbox shows of a run, and what can't be reached from it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from locomo_vqa.errors import InputError
from locomo_vqa.system import Services

from ..hosting.relative_paths import lent_paths
from ..hosting.sandbox import Sandbox, SandboxTool

__all__ = ["check_reach", "sandbox_of"]

_ADDRESS = re.compile(r"(openai:)?https?://", re.IGNORECASE)


def check_reach(services: Services, *, metered: bool) -> None:
    """Check that a system needs no address in its sandbox but the proxy's.

    Raises:
        InputError: it needs another one.
    """
    if services.llm is not None and not metered:
        raise InputError(
            "`sandbox` needs the meter: only the proxy can be reached from it, not the endpoint.",
            "Leave the meter on, or leave `sandbox` out.",
        )
    for name, value in services.options.items():
        if _ADDRESS.match(value):
            raise InputError(
                f"`sandbox`: the option {name} is an address, which can't be reached from it.",
                "Only the endpoint of `model` can: use that, or leave `sandbox` out.",
            )


def sandbox_of(
    tool: SandboxTool,
    services: Services,
    *,
    work: Path,
    images: Path,
    scratch: Path,
    hidden: tuple[Path, ...] = (),
) -> Sandbox:
    """Return the sandbox of a conversation, which shows its folder and what it is lent.

    Args:
        tool: what closes the system's processes off.
        services: what the system is lent: the proxy, and the paths of models and in options.
        work: the conversation's folder.
        images: the folder of images, which can be read.
        scratch: a folder of the sandbox's own, which is made.
        hidden: folders that can't be read.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    return Sandbox(
        tool=tool,
        scratch=scratch,
        work=work,
        readable=(images, *lent_paths(services)),
        hidden=hidden,
        reachable=_proxy_address(services),
    )


def _proxy_address(services: Services) -> tuple[str, int] | None:
    """Return host and port of the proxy that a system is lent; None without a model to ask."""
    if services.llm is None:
        return None
    parts = urlsplit(services.llm.base_url)
    assert parts.hostname is not None
    return parts.hostname, parts.port or 80
