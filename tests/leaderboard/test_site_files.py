"""The files behind the site's pages: what they hold, and which of them a new build replaces."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.site.build import build_site
from locomo_vqa.leaderboard.site.reasons import public_reason
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer

Submit = Callable[..., Path]
Verified = Callable[[], Board]
SCRIPT = "</script>'\\u0027\u2028<img src=x onerror=alert(1)>"
MARKUP = SCRIPT.replace("\u2028", "")


@pytest.fixture
def verified(submissions: Path, benchmark: Benchmark, scorer: Scorer) -> Verified:
    """Verifies what was submitted."""
    return lambda: verify(submissions, benchmark=benchmark, scorer=scorer)


def _data(site: Path) -> Path:
    (folder,) = site.glob("data-*")
    return folder


def _read(site: Path, name: str) -> Any:
    """Return the JSON of a file of data, as a browser that runs it would get it."""
    text = (_data(site) / f"{name}.js").read_text(encoding="utf-8")
    found = re.fullmatch(r"receive\('([a-z]+(?:/\d+)?)','([^'\n\u2028\u2029<>]*)'\);\n", text)
    assert found is not None and found[1] == name
    return json.loads(
        re.sub(r"\\(\\|u0027)", lambda one: {"u0027": "'"}.get(one[1], "\\"), found[2])
    )


def test_what_strangers_wrote_is_text_in_every_file(
    submitted: Submit, verified: Verified, benchmark: Benchmark, tmp_path: Path
) -> None:
    submitted(system=MARKUP, name=MARKUP, answers={"conv-1/t/0": SCRIPT}, options=[SCRIPT])
    site = build_site(verified(), out=tmp_path / "site", benchmark=benchmark)
    entry = _read(site, "entries/0")
    assert entry["system"] == MARKUP
    assert ["Options", SCRIPT] in entry["configuration"]
    assert _read(site, "questions/0")["answers"] == [[SCRIPT, "ok", 0, 0.0, [0]]]
    names = {path.name for path in site.rglob("*")}
    assert all(
        re.fullmatch(r"[a-z0-9-]+(\.(js|html|csv|parquet|png|jpg))?", name) for name in names
    )


def test_gold_answers_and_images_are_there_only_with_a_benchmark(
    submitted: Submit, verified: Verified, benchmark: Benchmark, tmp_path: Path
) -> None:
    submitted(answers={"conv-2/t/0": "in May"})
    site = build_site(verified(), out=tmp_path / "site")
    texts = [path.read_bytes() for path in site.rglob("*") if path.is_file()]
    assert not any(b"blue kite" in text or b"in March" in text for text in texts)
    assert not list(site.rglob("*.png"))
    build_site(verified(), out=site, benchmark=benchmark)
    listed = _read(site, "questions")
    assert [(each["id"], each["right"], each["wrong"]) for each in listed["questions"]] == [
        ("conv-1/t/0", 1, 0),
        ("conv-1/t/1", 1, 0),
        ("conv-1/v/D1:1/colour", 1, 0),
        ("conv-2/t/0", 0, 1),
        ("conv-2/v/D1:1/colour", 1, 0),
    ]
    assert listed["judged"] is False
    shown = _read(site, "questions/4")
    assert (shown["question"], shown["gold"]) == ("Which colour?", "green")
    assert shown["said"] == [["D1:1", "Ada: Look at this!"]]
    assert shown["answers"] == [["green", "ok", 1, None, [0]]]
    assert (_data(site) / shown["image"]).read_bytes().startswith(b"\x89PNG")


def test_the_same_answers_are_together(
    submitted: Submit, verified: Verified, benchmark: Benchmark, tmp_path: Path
) -> None:
    submitted(system="one", answers={"conv-1/t/0": None})
    submitted(system="three", answers={"conv-1/t/0": "x" * 1200})
    submitted(system="two", answers={"conv-1/t/0": None})
    site = build_site(verified(), out=tmp_path / "site", benchmark=benchmark)
    assert _read(site, "questions/0")["answers"] == [
        [None, "error", 0, 0.0, [0, 2]],
        ["x" * 999 + "…", "ok", 0, 0.0, [1]],
    ]


def test_another_benchmark_is_refused(
    submitted: Submit, verified: Verified, benchmark: Benchmark, tmp_path: Path
) -> None:
    submitted()
    other = replace(benchmark, revision="f" * 64)
    with pytest.raises(InputError, match="`benchmark` is Invented, revision ffffffffffff, but"):
        build_site(verified(), out=tmp_path / "site", benchmark=other)
    assert not (tmp_path / "site").exists()


def test_the_same_board_gives_the_same_bytes_and_another_leaves_nothing_behind(
    submitted: Submit, verified: Verified, benchmark: Benchmark, tmp_path: Path
) -> None:
    submitted()
    sites = [build_site(verified(), out=tmp_path / n, benchmark=benchmark) for n in ("a", "b")]
    files = [
        {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
        for site in sites
    ]
    assert files[0] == files[1]
    before = _data(sites[0]).name
    build_site(verified(), out=sites[0], benchmark=benchmark)
    assert _data(sites[0]).name == before
    submitted(system="another")
    build_site(verified(), out=sites[0])
    assert _data(sites[0]).name != before
    assert {path.name for path in _data(sites[0]).iterdir()} == {
        "asked.js",
        "entries",
        "names.js",
        "scores",
    }


@pytest.mark.parametrize(
    "name", ["notes.txt", "entries/my-own.js", "images/photo.jpg", "x/1.js.bak"]
)
def test_a_file_of_somebody_else_among_the_data_is_left_alone(
    name: str, submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted()
    site = build_site(verified(), out=tmp_path / "site")
    mine = _data(site) / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="has files that are not part of a board: data-"):
        build_site(verified(), out=site)
    assert mine.read_text(encoding="utf-8") == "mine"


def test_a_link_among_the_data_is_not_followed(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted()
    site = build_site(verified(), out=tmp_path / "site")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "1.js").write_text("kept", encoding="utf-8")
    (site / "data-0123456789abcdef").symlink_to(tmp_path / "kept")
    with pytest.raises(OutputError, match="not part of a board"):
        build_site(verified(), out=site)
    assert (tmp_path / "kept" / "1.js").read_text(encoding="utf-8") == "kept"


def test_a_board_without_values_of_questions_has_no_comparison(
    submitted: Submit, verified: Verified, benchmark: Benchmark, tmp_path: Path
) -> None:
    submitted()
    board = replace(verified(), scores_sha256=None)
    site = build_site(board, out=tmp_path / "site", benchmark=benchmark)
    assert not (_data(site) / "asked.js").exists()
    assert '"compared":false' in (site / "compare.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ada/models: has no model.", "…/models: has no model."),
        (
            "Download: hf download a/b --local-dir=/srv/x/y",
            "Download: hf download a/b --local-dir=…/y",
        ),
        (
            "No server at http://127.0.0.1:9/v1 answers.",
            "No server at http://127.0.0.1:9/v1 answers.",
        ),
        (r"C:\Users\ada\l has none; ~/l/m has.", "…/l has none; …/m has."),
        ("No judge is configured.", "No judge is configured."),
    ],
)
def test_reasons_show_no_folders(text: str, shown: str) -> None:
    assert public_reason(text) == shown
