"""When something happened, for files that are compared by it."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["utc_now"]


def utc_now() -> str:
    """Return the time in UTC as ISO 8601, to the microsecond: a call may follow within one ms."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
