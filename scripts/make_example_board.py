"""Build an example of a results repository: submissions, verified boards, their sites and records.

    python scripts/make_example_board.py OUT
    python scripts/make_example_board.py OUT --runs demo/runs
    python scripts/make_example_board.py OUT --published FOLDER --locomo locomo10.json

`OUT/sample` is a board of the demo's systems on the sample, each sent with `submit`; without
`--runs`, the demo runs first, for some minutes. With `--published`, `OUT/locomo` is a board of
published files of answers to LoCoMo, scored again, with the verdicts that they carry as
reported J. Nothing of LoCoMo or of these files is part of this repository.

Each is a Git repository as `leaderboard init` makes it, with its benchmark in `benchmark/`, the
submissions in `submissions/`, the site in `site/` and Every Eval Ever records in `records/`.
`scripts/recompute/` computes its numbers again.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import yaml

import locomo_vqa as lv
from locomo_vqa.leaderboard import export_records
from locomo_vqa.leaderboard.entry_files.folder_names import entry_folder_name
from locomo_vqa.leaderboard.template.init import write_repository

DATE = date(2026, 1, 1)
"""The date of the example's entries, so that it is always the same."""

SOURCES: dict[str, dict[str, Any]] = {
    "memobase_eval_0503_3000": {
        "url": "https://github.com/memodb-io/memobase/tree/main/docs/experiments/locomo-benchmark",
        "date": "2025-05-03",
        "system": "Memobase",
        "version": "0.0.32",
    },
    "base_langmem_results": {"system": "LangMem"},
    "base_rag_results_-1_k1": {"system": "RAG"},
    "base_zep_search_results": {"system": "Zep"},
}
"""What is known of published files, by name; a file `<name>.source.yaml` beside one says more."""


def main() -> None:
    """Parse the arguments and build the boards."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--runs", type=Path, help="folder of the demo's finished run folders")
    parser.add_argument("--published", type=Path, help="folder of published files of answers")
    parser.add_argument("--locomo", type=Path, help="LoCoMo's locomo10.json")
    parser.add_argument("--errata", type=Path, help="file of errata for LoCoMo")
    parser.add_argument("--judge", default="rules", help="the judge of J (default: rules)")
    parser.add_argument("--l-preset", default="minilm", choices=("paper", "minilm"))
    arguments = parser.parse_args()
    if (arguments.published is None) != (arguments.locomo is None):
        parser.error("--published needs --locomo, and --locomo needs --published")
    if arguments.out.exists():
        parser.error(f"{arguments.out} already exists")
    arguments.out.mkdir(parents=True)
    scoring = {"judge": arguments.judge, "l_preset": arguments.l_preset}
    make_sample(arguments.out / "sample", arguments.runs, scoring)
    if arguments.published is not None:
        board = arguments.out / "locomo"
        make_locomo(board, arguments.locomo, arguments.errata, arguments.published, scoring)


def make_sample(board: Path, runs: Path | None, scoring: dict[str, Any]) -> None:
    """Submit the demo's runs, and build their board."""
    if runs is None:
        demo = board.parent / "demo"
        subprocess.run([sys.executable, "-m", "locomo_vqa", "demo", "--out", demo], check=True)
        runs = demo / "runs"
    write_repository(board, benchmark="benchmark", **scoring)
    shutil.copytree(lv.load_benchmark("sample").folder, board / "benchmark")
    for run in sorted(path for path in runs.iterdir() if (path / "run.json").is_file()):
        lv.submit(
            run,
            to=board / "submissions",
            contact="https://github.com/locomo-vqa/locomo-vqa",
            url="https://github.com/locomo-vqa/locomo-vqa",
            trained_on_locomo=False,
            date=DATE,
        )
    finish(board, scoring)


def make_locomo(
    board: Path, locomo: Path, errata: Path | None, published: Path, scoring: dict[str, Any]
) -> None:
    """Import LoCoMo, add published files as entries, and build their board."""
    write_repository(board, benchmark="benchmark", **scoring)
    lv.import_locomo(locomo, out=board / "benchmark", errata=errata)
    for file in sorted(published.glob("*.json")):
        source = source_of(file)
        name = entry_folder_name(source["system"], source["answerer"])
        entry = board / "submissions" / name / (source["date"] or DATE.isoformat())
        entry.mkdir(parents=True)
        shutil.copyfile(file, entry / "answers.json")
        text = yaml.safe_dump(source, sort_keys=False, allow_unicode=True)
        (entry / "source.yaml").write_text(text, encoding="utf-8")
    finish(board, scoring)


def source_of(file: Path) -> dict[str, Any]:
    """Return the content of a published file's source.yaml; what isn't known is null."""
    unknown = {"url": None, "date": None, "system": file.stem, "version": None, "answerer": None}
    beside = file.with_suffix(".source.yaml")
    said = yaml.safe_load(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    known = {**SOURCES.get(file.stem, {}), **said}
    return {"title": file.name, **unknown, "trained_on_locomo": False, **known}


def finish(board: Path, scoring: dict[str, Any]) -> None:
    """Verify a board's submissions, write its site and its records, and commit them to Git."""
    benchmark = lv.load_benchmark(board / "benchmark")
    verified = lv.verify(board / "submissions", benchmark=benchmark, **scoring)
    lv.build_site(verified, out=board / "site", benchmark=benchmark)
    records = export_records(verified, benchmark=benchmark, out=board / "records")
    person = ("-c", "user.name=Example", "-c", "user.email=example@example.org")
    for command in (("init", "-q"), ("add", "-A"), (*person, "commit", "-q", "-m", "Example")):
        subprocess.run(["git", *command], cwd=board, check=True)
    print(f"{board}: {verified!r}, {len(records)} records")


if __name__ == "__main__":
    main()
