"""Compute the numbers of a built board again, from the raw answers, without the package.

    python -m scripts.recompute BOARD

BOARD is a folder as `scripts/make_example_board.py` makes it: `benchmark/`, `submissions/` and
`site/`. Nothing of locomo_vqa is imported: exact match, F1 and ROUGE-1 (with NLTK's Porter stemmer)
are computed here from each entry's answers, reported J from the published file, and intervals with
scipy. L, J, BLEU-1 and METEOR need models, a judge or large tables, so their means are taken over
the values of each question in scores.parquet, whose V, F1 and ROUGE-1 are compared as well. A and R
are not compared.

Every value, interval, count and rank of every entry in the page's data, in results.csv and in
results.parquet is compared, and so are the values by conversation and of each question, and the
answers, that the other pages load.
Prints what was compared, and each difference; exits with 1 if there is any.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import pandas as pd

from .answers import Board
from .comparison import Comparison
from .data_files import check_data_files
from .metrics import LEFT_OUT
from .ranks import check_ranks
from .rows import check_entry


def main() -> None:
    """Compare a board, print the figures, and exit with 1 if anything differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("board", type=Path)
    folder: Path = parser.parse_args().board
    if not (folder / "site" / "index.html").is_file():
        parser.error(f"{folder}: has no site/index.html; see scripts/make_example_board.py.")
    board, result = Board(folder), Comparison()
    page = (folder / "site" / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="board-data">(.*?)</script>', page, re.S)
    assert found is not None, "the page has no data"
    rows = json.loads(found[1])["entries"]
    tables = {
        "results.csv": pd.read_csv(folder / "site" / "results.csv"),
        "results.parquet": pd.read_parquet(folder / "site" / "results.parquet"),
    }
    for row in rows:
        columns = check_entry(board, row, result)
        for file, table in tables.items():
            shown = table[table.entry == row["entry"]].iloc[0]
            for column, value in columns.items():
                plain = shown[column].item() if hasattr(shown[column], "item") else shown[column]
                result.equal(file, f"{row['entry']} {column}", plain, value)
    check_data_files(board, folder / "site", rows, result)
    check_ranks(board, {row["entry"]: row for row in rows}, result)
    assert {len(table) for table in tables.values()} == {len(rows)}
    for what, count in sorted(result.counts.items()):
        print(f"{count:7,} {what}")
    print(f"Not compared: {', '.join(LEFT_OUT)}")
    print(
        f"{sum(result.counts.values()):7,} numbers of {len(rows)} entries compared, "
        f"{len(result.differences):,} differ"
    )
    for difference in result.differences[:50]:
        print(difference)
    sys.exit(1 if result.differences else 0)


if __name__ == "__main__":
    main()
