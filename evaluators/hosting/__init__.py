"""Hosts for a system: in its own process, behind an address, or in this process."""

from .base import DEFAULT_LIMITS, Host, Limits, MakeHost, PlainAnswer
from .http import HttpHost, ImageTransfer
from .http_client import shown_address
from .in_process import InProcessHost, in_process
from .process import ProcessHost

__all__ = [
    "DEFAULT_LIMITS",
    "Host",
    "HttpHost",
    "ImageTransfer",
    "InProcessHost",
    "Limits",
    "MakeHost",
    "PlainAnswer",
    "ProcessHost",
    "in_process",
    "shown_address",
]
