"""A process that decodes images for another, which survives if this one crashes.

One line of JSON in, `{"path", "max_pixels"}`; one line out, `{"facts": …}` or `{"refusal": …}`.
It ends when its input ends, and therefore with the process that started it, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from locomo_vqa.images import ImageFacts, inspect_image

__all__ = ["main"]

MEMORY = 4 << 30
"""The address-space limit in bytes; a crafted file can make a decoder ask for more."""


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound_memory()
    print("ready", flush=True)  # noqa: T201 - the standard output is the channel
    for line in sys.stdin:
        asked = json.loads(line)
        found = inspect_image(Path(asked["path"]), max_pixels=asked["max_pixels"])
        kind = "facts" if isinstance(found, ImageFacts) else "refusal"
        print(json.dumps({kind: asdict(found)}), flush=True)  # noqa: T201


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # pragma: no cover - not on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    with contextlib.suppress(OSError, ValueError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # The parent was killed, so no one reads a traceback.
        os._exit(0)
