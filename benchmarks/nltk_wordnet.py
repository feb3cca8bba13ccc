"""WordNet 3.0 as a corpus that NLTK opens, from the files of Debian's package wordnet-base."""

from __future__ import annotations

import shutil
from pathlib import Path

SOURCE = Path("/usr/share/wordnet")
"""The folder of Debian's package wordnet-base."""

PARTS = ("noun", "verb", "adj", "adv")

# The table of lexnames(5WN): names in the order of their numbers, which start at 0.
_LEXNAMES = {
    "adj": "all pert",
    "adv": "all",
    "noun": (
        "Tops act animal artifact attribute body cognition communication event feeling food group "
        "location motive object person phenomenon plant possession process quantity relation "
        "shape state substance time"
    ),
    "verb": (
        "body change cognition communication competition consumption contact creation emotion "
        "motion perception possession social stative weather"
    ),
}


def is_installed() -> bool:
    """Return whether WordNet's files are where Debian installs them."""
    return all(
        (SOURCE / name).is_file()
        for part in PARTS
        for name in (f"index.{part}", f"data.{part}", f"{part}.exc")
    )


def build_corpus(folder: Path) -> Path:
    """Make `folder` an NLTK data folder that holds WordNet, and return the corpus's folder.

    NLTK refuses symbolic links, so the files are copied. It also wants two files that the
    package lacks: `lexnames`, which is written here, and `index.sense`, which stays empty because
    METEOR never asks for sense keys.
    """
    corpus = folder / "corpora" / "wordnet"
    corpus.mkdir(parents=True)
    for part in PARTS:
        for name in (f"index.{part}", f"data.{part}", f"{part}.exc"):
            shutil.copyfile(SOURCE / name, corpus / name)
    (corpus / "lexnames").write_text(_lexnames(), encoding="utf-8")
    (corpus / "index.sense").touch()
    return corpus


def _lexnames() -> str:
    names = [f"{part}.{name}" for part, group in _LEXNAMES.items() for name in group.split()]
    names.append("adj.ppl")
    return "".join(
        f"{number:02d}\t{name}\t{PARTS.index(name.partition('.')[0]) + 1}\n"
        for number, name in enumerate(names)
    )
