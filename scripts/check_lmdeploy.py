"""Check everything about lmdeploy against the real package, which needs 8 GB on disk but no GPU.

    python scripts/check_lmdeploy.py FOLDER

Makes a virtual environment in FOLDER (or uses the existing one), installs lmdeploy, writes what it
accepts and returns to `tests/core/models/lmdeploy_signatures.json`, and runs the tests of
`tests/core/models/lmdeploy` with it. Needs the test packages (`.[test]`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

VERSION = "0.18.0"
ROOT = Path(__file__).parent.parent
RECORD = ROOT / "tests" / "core" / "models" / "lmdeploy_signatures.json"


def main() -> int:
    """Install lmdeploy, record its signatures and run the tests with it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder.absolute()
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", f"lmdeploy=={VERSION}", "jsonschema"]
        subprocess.run(pip, check=True, timeout=3600)
    script = ROOT / "scripts" / "lmdeploy_facts.py"
    done = subprocess.run([python, script], stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])["facts"]
    RECORD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"lmdeploy {found['version']}: wrote {RECORD.name}")
    tests = [sys.executable, "-m", "pytest", "-q", "tests/core/models/lmdeploy"]
    environment = {**os.environ, "LOCOMO_VQA_LMDEPLOY_PYTHON": str(python)}
    return subprocess.run(tests, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
