"""Compare importing the package, and importing LoCoMo, with other packages and their loaders.

    python -m benchmarks.importing [--locomo locomo10.json] [--rounds 7]

`import locomo_vqa` runs as a process, in turns with `import lm_eval` and `import inspect_ai`.
LoCoMo's file is imported into a benchmark folder, with every turn, question, piece of evidence and
image checked and located, and hashed; the peer, benchd-harness, keeps the questions of four
categories and the turns as one text each. Parsing the JSON alone is the floor. Without `--locomo`,
a file of LoCoMo's size is invented.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.invented_locomo import find_locomo
from benchmarks.measuring import in_process, measured
from benchmarks.peers import PeerMissing, environment, run_script
from benchmarks.results import Result, benchmark, less_cpu, not_measured
from benchmarks.start_up import seconds_of

MODULES = {"lm_eval": "lm-eval==0.4.13", "inspect_ai": "inspect-ai==0.3.285"}
LOADER = "benchd-harness==0.2.0"
LIMIT_S = 0.1
IMPORT_LIMIT_S = 3.0


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--locomo", type=Path, help="LoCoMo's file")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side")
    return parser


def import_once(locomo: Path) -> dict[str, float]:
    """Import LoCoMo, load the folder, and parse the file, in this process."""
    import locomo_vqa as lv

    lv.load_benchmark("sample")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "locomo"
        _, imported = measured(lambda: lv.import_locomo(locomo, out=out))
        _, loaded = measured(lambda: lv.load_benchmark(out))
    _, parsed = measured(lambda: json.loads(locomo.read_text(encoding="utf-8")))
    return {"import": imported.cpu_s, "load": loaded.cpu_s, "parse": parsed.cpu_s}


def package_results(rounds: int) -> list[Result]:
    """Compare the imports of packages."""
    commands: dict[str, Sequence[str | Path]] = {
        "python": [sys.executable, "-c", "pass"],
        "ours": [sys.executable, "-c", "import locomo_vqa"],
    }
    missing = {}
    for module, package in MODULES.items():
        try:
            commands[module] = [environment(package), "-c", f"import {module}"]
        except PeerMissing as error:
            missing[module] = str(error)
    found = seconds_of(commands, rounds)
    what = "`import locomo_vqa`"
    results = [
        Result(
            what=what,
            peer=f"`python -c pass`: {found['python']:.3f} s",
            reach=f"less than {LIMIT_S:g} s of CPU time",
            measured=f"{found['ours']:.3f} s",
            met=found["ours"] < LIMIT_S,
            cpu_s={"ours": found["ours"], "python": found["python"]},
        )
    ]
    for module, package in MODULES.items():
        peer = f"`import {module}` of {package}"
        if module in missing:
            results.append(not_measured(what, peer, "no more CPU", missing[module]))
        else:
            results.append(less_cpu(what, peer, found["ours"], found[module], 1))
    return results


def locomo_results(locomo: Path, name: str, rounds: int) -> list[Result]:
    """Compare importing LoCoMo, and loading what was imported, with the peer's loader."""
    ours = [in_process(import_once, locomo) for _ in range(rounds)]
    own = {step: median(one[step] for one in ours) for step in ours[0]}
    what = f"importing {name}"
    imported = Result(
        what=what,
        peer=f"parsing its JSON: {own['parse']:.3f} s",
        reach=f"less than {IMPORT_LIMIT_S:g} s of CPU time",
        measured=f"{own['import']:.2f} s, once",
        met=own["import"] < IMPORT_LIMIT_S,
        cpu_s={"ours": own["import"], "parsing": own["parse"]},
    )
    what = f"loading {name}, checked, once it is imported"
    peer = f"the loader of {LOADER}, unchecked"
    try:
        python = environment(LOADER)
    except PeerMissing as error:
        return [imported, not_measured(what, peer, "", str(error))]
    their = median(
        run_script(python, "locomo_loader", str(locomo))[0]["cpu_s"] for _ in range(rounds)
    )
    loaded = Result(
        what=what,
        peer=peer,
        reach="",
        measured=f"{own['load']:.2f} s beside {their:.2f} s",
        met=None,
        cpu_s={"ours": own["load"], "peer": their},
    )
    return [imported, loaded]


def measure(options: argparse.Namespace) -> list[Result]:
    """Compare both."""
    with tempfile.TemporaryDirectory() as folder:
        locomo, name = find_locomo(options.locomo, Path(folder))
        found = locomo_results(locomo, name, options.rounds)
    return [*package_results(options.rounds), *found]


if __name__ == "__main__":
    benchmark(make_parser(), measure)
