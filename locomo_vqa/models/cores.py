"""How a model in this process uses the processor's cores."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import SessionOptions  # type: ignore[import-untyped]

__all__ = ["onnx_options", "usable_cores"]


def usable_cores() -> int:
    """Return how many cores this process may use, or all of them if the system doesn't say."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def onnx_options(threads: int) -> SessionOptions:
    """Return the options of a model in ONNX that computes with `threads` threads.

    Its threads sleep while there is nothing to do. By default they look for work without a pause,
    which takes a core from other processes for as long as a reply is decoded.
    """
    import onnxruntime

    options: SessionOptions = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
