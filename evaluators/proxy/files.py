"""Opens the files that a metering proxy writes."""

from __future__ import annotations

from pathlib import Path

from .ledger import Ledger
from .recordings import Recordings

__all__ = ["ProxyFiles"]


class ProxyFiles:
    """The files of this machine; a proxy on a node of a cluster has others."""

    def ledger(self, path: Path) -> Ledger:
        """Open a list of calls.

        Raises:
            OutputError: another process is writing it, or it can't be written.
        """
        return Ledger(path)

    def recordings(self, path: Path) -> Recordings:
        """Open a file of recorded replies.

        Raises:
            InputError: the file is damaged, or holds something else.
            OutputError: the file can't be written.
        """
        return Recordings(path)
