"""Make METEOR's table of synonyms from the files of WordNet 3.0.

Debian's package wordnet-base has them in /usr/share/wordnet; Princeton's distribution has them in
its folder `dict`. Files used: data.*, index.* and *.exc (formats: wndb(5WN)).

Example:

    python scripts/make_synonyms.py --check /usr/share/wordnet
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
from collections import defaultdict
from pathlib import Path

from locomo_vqa.evaluators.metrics.synonyms import HEAD, RULES, TABLE, parse_table, rule_forms

DEFAULT_SOURCE = Path("/usr/share/wordnet")
MARKER = re.compile(r"\([a-z]+\)$")  # the position of an adjective, as in galore(ip)


def read_lines(path: Path) -> list[str]:
    """Return the lines of a WordNet file without the licence at the top."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith(" ")]


def read_groups(source: Path, name: str) -> list[tuple[str, ...]]:
    """Return the names in each synset of one part of speech."""
    groups = []
    for line in read_lines(source / f"data.{name}"):
        fields = line.partition("|")[0].split()
        count = int(fields[3], 16)
        groups.append(tuple(MARKER.sub("", field) for field in fields[4 : 4 + 2 * count : 2]))
    return groups


def check_index(source: Path, name: str, groups: list[tuple[str, ...]]) -> None:
    """Exit unless the index lists exactly the names in the synsets."""
    listed = {line.split(" ", 1)[0] for line in read_lines(source / f"index.{name}")}
    if listed != {word.lower() for group in groups for word in group}:
        sys.exit(
            f"index.{name} and data.{name} in {source} are not from the same version of WordNet."
        )


def useful_groups(groups: list[tuple[str, ...]]) -> list[str]:
    """Return the groups that add a word to some set of synonyms.

    A group of phrases only adds nothing, nor does a group of one plain word if a larger group has
    that word with the same spelling.
    """
    kept = {tuple(sorted(set(group))) for group in groups if any("_" not in w for w in group)}
    larger = {group for group in kept if len(group) > 1 or not group[0].islower()}
    covered = {word for group in larger for word in group}
    return sorted(" ".join(group) for group in kept if group in larger or group[0] not in covered)


def useful_exceptions(source: Path, name: str, groups: list[str]) -> list[str]:
    """Return the irregular forms for which the rules would find other groups.

    If a form is listed twice, the later line counts, as in NLTK.
    """
    places: defaultdict[str, set[int]] = defaultdict(set)
    for place, group in enumerate(groups):
        for word in group.lower().split(" "):
            places[word].add(place)
    bases = {
        form: rest for form, *rest in map(str.split, read_lines(source / f"{name}.exc")) if rest
    }

    def found(forms: list[str]) -> set[int]:
        return set().union(*(places.get(form, set()) for form in forms))

    return sorted(
        " ".join([form, *rest])
        for form, rest in bases.items()
        if found([form, *rest]) != found([form, *rule_forms(form, RULES[name])])
    )


def build(source: Path) -> bytes:
    """Return the compressed table; the same files give the same bytes."""
    blocks = [HEAD]
    for name in RULES:
        synsets = read_groups(source, name)
        check_index(source, name, synsets)
        groups = useful_groups(synsets)
        blocks += [f"={name}", *groups]
        blocks += [f"={name} exceptions", *useful_exceptions(source, name, groups)]
    return gzip.compress("\n".join([*blocks, ""]).encode("utf-8"), compresslevel=9, mtime=0)


def check(fresh: bytes, shipped: Path) -> int:
    """Compare a fresh table with the shipped one and return the exit status."""
    if not shipped.is_file():
        print(f"{shipped} was not found. Run this script without --check.", file=sys.stderr)
        return 1
    data = shipped.read_bytes()
    if data == fresh:
        print(f"{shipped} is up to date.")
        return 0
    if parse_table(data) == parse_table(fresh):
        print(f"{shipped} is up to date, but was compressed with another version of zlib.")
        return 0
    print(f"{shipped} is out of date. Run this script without --check.", file=sys.stderr)
    return 1


def main() -> int:
    """Build or check the table."""
    parser = argparse.ArgumentParser(
        description="Make METEOR's table of synonyms from the files of WordNet 3.0.",
        epilog="Example: python scripts/make_synonyms.py --check /usr/share/wordnet",
    )
    parser.add_argument(
        "source",
        nargs="?",
        type=Path,
        default=DEFAULT_SOURCE,
        help="folder with data.noun, index.noun, noun.exc and so on (default: %(default)s)",
    )
    parser.add_argument(
        "--check", action="store_true", help="compare with the shipped table and write nothing"
    )
    options = parser.parse_args()
    if not (options.source / "data.noun").is_file():
        parser.error(
            f"data.noun was not found in {options.source}. Install Debian's package wordnet-base, "
            "or give the folder `dict` of WordNet 3.0."
        )
    fresh = build(options.source)
    if options.check:
        return check(fresh, TABLE)
    TABLE.write_bytes(fresh)
    print(f"{TABLE}: {len(fresh):,} bytes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
