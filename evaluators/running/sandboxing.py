"""Makes a conversation's sandbox, and checks that the system can work in it."""

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
    """Check that a system in a sandbox needs no address except the proxy's.

    Raises:
        InputError: the system needs another address.
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
    """Return a conversation's sandbox, which shows its folder and its services' files.

    Args:
        tool: the tool that isolates the system's processes.
        services: the system's services: the proxy, and paths of models and in options.
        work: the conversation's folder.
        images: the folder of images, which is readable.
        scratch: the sandbox's own folder, which is created.
        hidden: folders that are not readable.
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
    """Return the host and port of the system's proxy; None without an endpoint."""
    if services.llm is None:
        return None
    parts = urlsplit(services.llm.base_url)
    assert parts.hostname is not None
    return parts.hostname, parts.port or 80
