"""Every reader of files against every file that is made to exhaust it or to keep it waiting.

One process reads all of them with one reader; its highest memory is that of the worst.
"""

from __future__ import annotations

import os
import struct
import textwrap
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.core.memory import MOST_MB, peak_mb

pytestmark = pytest.mark.slow

EMOJI = "😀".encode()
"""One of these makes each character of a text take four bytes."""


def holes(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(3 << 30)


def zipped(path: Path, name: str = "26.json", *, method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive, archive.open(name, "w") as entry:
        entry.write(b"[" + b" " * (70 << 20) + b"]")


def many_zipped(path: Path) -> None:
    """Write a zip whose files fit one by one, but not together."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.json", b"[" + b"{}," * 300_000 + b"{}]")


def many_names(path: Path) -> None:
    """Write a zip with 50,000 files that are empty."""
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(50_000):
            archive.writestr(f"{number}.json", b"")


def objects(keys: str, number: int) -> bytes:
    return b"{" + b",".join(b'"%s%d":0' % (keys.encode(), n) for n in range(number)) + b"}"


def png(path: Path) -> None:
    """Write a PNG that claims 4 gigapixels."""
    head = struct.pack(">II5B", 65_535, 65_535, 8, 6, 0, 0, 0)
    body = zlib.compress(bytes(1 << 20))
    chunks = [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]
    with path.open("wb") as stream:
        stream.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in chunks:
            check = zlib.crc32(kind + data)
            stream.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check))


def holes_after(head: bytes) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        path.write_bytes(head)
        os.truncate(path, 250 << 20)

    return write


BOMBS: dict[str, Callable[[Path], object]] = {
    "3 GB of holes": holes,
    "250 MB of holes after a row": holes_after(b'{"a": 1}\n'),
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": Path.mkdir,
    "a link to itself": lambda path: path.symlink_to(path),
    "an endless line": lambda path: path.write_bytes(b'"' + b"x" * (60 << 20)),
    "deep": lambda path: path.write_bytes(b"[" * 1_000_000),
    "deep and whole": lambda path: path.write_bytes(b"[" * 900 + b"]" * 900),
    "deep lines": lambda path: path.write_bytes((b"[" * 900 + b"]" * 900 + b"\n") * 3),
    "empty lists": lambda path: path.write_bytes(b"[" + b"[]," * 9_000_000 + b"[]]"),
    "a wide object": lambda path: path.write_bytes(objects("k", 1_300_000)),
    "a key twice": lambda path: path.write_bytes(objects("k", 300_000)[:-1] + b',"k299999":1}'),
    "wide letters": lambda path: path.write_bytes((b'"' + EMOJI + b"x" * 15_000_000 + b'"\n') * 9),
    "escaped wide letters": lambda path: path.write_bytes(
        (b'"\\ud83d\\ude00' + b"x" * 15_000_000 + b'"\n') * 9
    ),
    "blank lines": lambda path: path.write_bytes(b"\n" * (5 << 20)),
    "not finite": lambda path: path.write_bytes(b"NaN\n"),
    "a number without end": lambda path: path.write_bytes(b"1" * 1_000_000),
    "a zip bomb": zipped,
    "a zip of another kind": lambda path: zipped(path, method=zipfile.ZIP_LZMA),
    "a zip of many": many_zipped,
    "a zip of names": many_names,
    "dots": lambda path: path.write_bytes(b"a" + b".a" * 100_000 + b" = 1"),
    "nested tables": lambda path: path.write_bytes(b"a = " + b"{a=" * 30_000),
    "aliases": lambda path: path.write_bytes(
        b"a: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a]\n" % (n, n) for n in range(99))
    ),
    "a wide mapping": lambda path: path.write_bytes(
        b"".join(b"k%d: 1\n" % n for n in range(6_500)) + b"k1: 2\n"
    ),
    "a header without end": lambda path: path.write_bytes(
        struct.pack("<Q", 90_000_000) + b"[" + b"[]," * 9_000_000
    ),
    "gigapixels": png,
}

READERS: dict[str, str] = {
    "predictions": """
        from locomo_vqa.evaluators.prediction_files import read_prediction_file
        from locomo_vqa.benchmark import load_benchmark
        sample = load_benchmark("sample")
        def read(path): read_prediction_file(path, sample)
    """,
    "a LoCoMo file": """
        from locomo_vqa.locomo import read_locomo as read
    """,
    "errata": """
        from locomo_vqa.builders.importing import read_errata as read
    """,
    "a benchmark": """
        from locomo_vqa.benchmark import load_benchmark
        def read(path): load_benchmark(place(path, "benchmark.json"))
    """,
    "a benchmark's rows": """
        from pathlib import Path
        from locomo_vqa.benchmark.read import _read
        def read(path): _read(path.parent, path.name, "image", dict)
    """,
    "a run": """
        from locomo_vqa.runs import read_run
        def read(path): read_run(place(path, "run.json"))
    """,
    "calls": """
        from locomo_vqa.evaluators.proxy.ledger import read_calls
        def read(path): list(read_calls(path))
    """,
    "calls of a report": """
        from locomo_vqa.evaluators.report.calls import read_call_groups
        def read(path): print(bool(read_call_groups(path)))
    """,
    "a build's recipe": """
        from locomo_vqa.builders.recipe import load_recipe as read
    """,
    "a system's recipe": """
        from locomo_vqa.evaluators.third_party.recipe import read_recipe as read
    """,
    "prices": """
        from locomo_vqa.evaluators.proxy.prices import read_prices as read
    """,
    "decisions": """
        from locomo_vqa.builders.review.decisions import read_decisions as read
    """,
    "a mirror": """
        from locomo_vqa.builders.images.mirror import ImageMirror
        def read(path): ImageMirror(place(path, "mirror.jsonl"))
    """,
    "a board": """
        from locomo_vqa.leaderboard.board import read_board
        def read(path): read_board(place(path, "board.json"))
    """,
    "an entry": """
        from pathlib import Path
        from locomo_vqa.leaderboard.entry_files.plain_files import read_plain
        from locomo_vqa.leaderboard.entry_files.metadata import parse_metadata
        from locomo_vqa.leaderboard.entry_files.rows import check_rows
        from locomo_vqa.leaderboard.verification.examine import read_run_file
        def read(path):
            parse_metadata(read_plain(place(path, "metadata.yaml") / "metadata.yaml"), path=path)
        def again(path): check_rows(place(path, "predictions.jsonl"))
        def third(path): read_run_file(place(path, "run.json"))
    """,
    "stored replies": """
        from locomo_vqa.responses import ResponseStore as read
    """,
    "recorded calls": """
        from locomo_vqa.evaluators.proxy.recordings import Recordings as read
    """,
    "weights": """
        from locomo_vqa.models.safetensors_header import read_header
        from locomo_vqa.errors import InputError
        def read(path):
            try: read_header(path)
            except (OSError, ValueError) as error: raise InputError(f"{path}: {error}", "")
    """,
    "an image": """
        from locomo_vqa.images import inspect_image, ImageRejection
        from locomo_vqa.errors import InputError
        def read(path):
            try: found = inspect_image(path)
            except OSError as error: found = error
            if not isinstance(found, (ImageRejection, OSError)): return
            raise InputError(f"{path}: {found}", "")
    """,
}

READ_ALL = """
import os, sys, tempfile
from pathlib import Path
from locomo_vqa.errors import LocomoVqaError

def place(path, name):
    "Return a folder in which the file has another name."
    folder = Path(tempfile.mkdtemp(dir=path.parent.parent))
    if path.is_dir():
        (folder / name).mkdir()
    elif path.is_symlink():
        (folder / name).symlink_to(os.readlink(path))
    else:
        os.link(path, folder / name)
    return folder

{reader}
readers = [globals()[name] for name in ("read", "again", "third") if name in globals()]
for path in sorted(path for folder in sys.argv[1:] for path in Path(folder).iterdir()):
    for reader in readers:
        try:
            reader(path)
            print(f"{{path.name}} | was read")
        except LocomoVqaError as error:
            print(f"{{path.name}} | {{str(error)!r}}")
"""

UNFINISHED = {name for name in BOMBS if name.startswith(("a ", "an ", "d", "e", "n"))}
"""A log's last line has no end while it is written, and is left out."""

HARMLESS = {
    "calls of a report": set(BOMBS),  # What can't be read is left out, and the report says so.
    "calls": UNFINISHED,
    "decisions": UNFINISHED,
    "a mirror": {"a link to itself"},  # A mirror needs no list.
}


HEAVY = {
    *("250 MB of holes after a row", "an endless line", "empty lists", "a wide object"),
    *("a key twice", "wide letters", "escaped wide letters", "blank lines"),
    *("a zip bomb", "a zip of another kind", "a zip of many", "a zip of names"),
}
OWN_PARSERS = ("predictions", "a LoCoMo file", "calls of a report", "an entry", "weights")
"""The readers that are given the heavy files too; all others parse as the first does."""


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for kind in ("heavy", "light"):
        (folder / kind).mkdir()
    for name, write in BOMBS.items():
        write(folder / ("heavy" if name in HEAVY else "light") / name)
    return folder


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with names")
@pytest.mark.parametrize("name", READERS)
def test_no_file_exhausts_its_reader(bombs: Path, name: str) -> None:
    code = READ_ALL.format(reader=textwrap.dedent(READERS[name]))
    folders = [bombs / "light", *([bombs / "heavy"] if name in OWN_PARSERS else [])]
    peak, printed = peak_mb(code, *folders, seconds=100)
    read = {line.split(" | ")[0] for line in printed.splitlines() if line.endswith("was read")}
    assert not read - HARMLESS.get(name, set())
    assert peak < MOST_MB
    shown = [line for line in printed.splitlines() if " | " in line]
    assert {line.split(" | ")[0] for line in shown} == {
        path.name for folder in folders for path in folder.iterdir()
    }
    assert all(len(line) < 700 and "\\n" not in line for line in shown), printed


COMMANDS = (
    ("score", "FILE", "--benchmark", "sample"),
    ("data", "import", "FILE", "--out", "out"),
    ("build", "run", "FILE", "--work", "work"),
    ("compare", "FILE", "FILE", "--benchmark", "sample"),
    ("leaderboard", "verify", "FILE", "--benchmark", "sample"),
)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with names")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_says_it_in_a_sentence(
    command: tuple[str, ...], cli: Cli, tmp_path: Path
) -> None:
    for name in ("3 GB of holes", "a pipe", "a device", "a link to itself", "deep"):
        path = tmp_path / name
        BOMBS[name](path)
        done = cli(*[str(path) if word == "FILE" else word for word in command])
        assert done.returncode == 2
        assert done.stderr.startswith("Error: ")
        assert len(done.stderr) < 600 and "Traceback" not in done.stderr
