"""The site: what its files hold, and what it refuses to build or to replace."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import math
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import write_json
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.cli.leaderboard import leaderboard
from locomo_vqa.leaderboard.site.build import FILES, build_site
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.locks import locked_folder
from locomo_vqa.scores import Scorer

Submit = Callable[..., Path]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def verified(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> Callable[[], Path]:
    """Verifies what was submitted and returns the folder."""

    def run() -> Path:
        verify(submissions, benchmark=benchmark, scorer=scorer)
        return submissions

    return run


Verified = Callable[[], Path]


def _data(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="board-data">(.*?)</script>', page, re.S)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def _names(site: Path) -> list[str]:
    """Return the names in a site's folder; that of its data changes with its content."""
    return sorted(re.sub(r"^data-[0-9a-f]{16}$", "data", path.name) for path in site.iterdir())


def _built(folder: Path, out: Path) -> str:
    return (build_site(folder, out=out) / "index.html").read_text(encoding="utf-8")


def test_the_page_holds_the_board(submitted: Submit, verified: Verified, tmp_path: Path) -> None:
    submitted(answers={"conv-1/v/D1:1/colour": "blue", "conv-1/t/0": None})
    (submitted(system="bad") / "run.json").unlink()
    data = _data(_built(verified(), tmp_path / "site"))
    assert data["dataset"]["id"] == "Invented"
    assert data["default"] == "v"
    names = [metric["name"] for metric in data["metrics"]]
    assert names[:7] == ["v", "l", "j", "f1", "bleu1", "rouge1", "meteor"]
    assert names[7:] == ["a", "r_any", "r_complete"]
    (row,) = data["entries"]
    unranked = dict.fromkeys(("rank_low", "rank_high", "group", "set"))
    assert row["scores"]["v"] == {
        "value": 50,
        "n": 2,
        "low": 40,
        "high": 60,
        "level": 0.95,
        "method": "t",
        "clusters": 2,
        "answered": None,
        **unranked,
    }
    assert row["scores"]["j"] == {
        "value": None,
        "reason": "No judge is configured.",
        **unranked,
    }
    assert (row["given"], row["total"], row["conversations"]) == (4, 5, 2)
    assert data["rejected"] == [
        {"entry": "bad__tiny-1/2026-08-31", "problems": ["run.json: is missing."]}
    ]
    assert _names(tmp_path / "site") == sorted(["data", *FILES])


def test_f1_is_the_default_where_nobody_has_v(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted(split="validation")
    assert _data(_built(verified(), tmp_path / "site"))["default"] == "f1"


def test_a_board_without_entries_is_a_page(submissions: Path, tmp_path: Path) -> None:
    empty = Board(folder=submissions, dataset="Invented", revision="0" * 64, entries=())
    write_json(submissions / "board.json", empty.to_json())
    assert _data(_built(submissions, tmp_path / "site"))["entries"] == []


def test_images_that_a_system_never_looks_at_were_not_seen(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    for name, used in (("blind", False), ("seeing", True)):
        path = submitted(system=name) / "run.json"
        run = json.loads(path.read_text(encoding="utf-8"))
        run["system"]["uses_images"] = used
        path.write_text(json.dumps(run), encoding="utf-8")
    rows = _data(_built(verified(), tmp_path / "site"))["entries"]
    assert {row["system"]: row["images"] for row in rows} == {
        "blind": "none used",
        "seeing": "pixels",
    }
    for entry in verified().glob("*/*/metadata.yaml"):
        assert "image_handling: pixels" in entry.read_text(encoding="utf-8")


def test_recalled_images_are_told_apart_from_given_ones(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    for name, modes in {
        "old": {},
        "given": {"visual_handling": "given"},
        "recalled": {"visual_handling": "recalled"},
        "swapped": {"visual_handling": "recalled", "image_handling": "shuffled"},
    }.items():
        submitted(system=name, **modes)
    rows = _data(_built(verified(), tmp_path / "site"))["entries"]
    assert {row["system"]: (row["images"], row["visual"]) for row in rows} == {
        "old": ("pixels", "given"),
        "given": ("pixels", "given"),
        "recalled": ("pixels, recalled", "recalled"),
        "swapped": ("shuffled, recalled", "recalled"),
    }


def test_no_text_of_a_stranger_is_markup(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    entry = submitted(system=SCRIPT, model="</script><!--", url="https://safe.example")
    written = entry / "metadata.yaml"
    text = written.read_text(encoding="utf-8")
    assert "https://safe.example" in text
    written.write_text(text.replace("https://safe.example", "javascript:alert(1)"), "utf-8")
    page = _built(verified(), tmp_path / "site")
    assert SCRIPT not in page and "<!--" not in page
    (row,) = _data(page)["entries"]
    assert (row["system"], row["answerer"], row["url"]) == (SCRIPT, "</script><!--", None)


def test_what_strangers_wrote_is_json_that_html_can_hold(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    name, model = "</script><!--&", "m\x1b[31m\u2029\u202e\u200b"
    submitted(name=name, model=model, answers={"conv-1/t/0": "</script>\x00\u2028"})
    lone = submitted(system="lone") / "metadata.yaml"
    text = lone.read_text(encoding="utf-8").replace("'1.0'", '"\\ud800!\\x9b"')
    lone.write_text(text, encoding="utf-8")
    page = _built(verified(), tmp_path / "site")
    held = page.partition('id="board-data">')[2].partition("</script>")[0]
    assert re.findall("[<>&\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\ud800-\udfff]", held) == []
    rows = [(row["system"], row["answerer"], row["version"]) for row in json.loads(held)["entries"]]
    assert sorted(rows) == [(name, model, "1.0"), ("lone", "tiny-1", "\ufffd!\x9b")]


def test_a_board_with_a_number_that_json_does_not_have_is_refused(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted()
    folder = verified()
    board = json.loads((folder / "board.json").read_text(encoding="utf-8"))
    board["entries"][0]["scores"]["answer_length"] = math.nan
    (folder / "board.json").write_text(json.dumps(board), encoding="utf-8")
    with pytest.raises(InputError, match=r"board\.json.* the number NaN is not finite"):
        build_site(folder, out=tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_the_policy_allows_only_the_page_s_own_script_and_style(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted(url="https://echo.example/?a=1")
    page = _built(verified(), tmp_path / "site")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (
            page.rpartition("<script>")[2].partition("</script>")[0],
            page.partition("<style>")[2].partition("</style>")[0],
        )
    ]
    assert policy[1] == (
        f"default-src 'none'; script-src 'sha256-{digests[0]}'; style-src 'sha256-{digests[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert _data(page)["entries"][0]["url"] == "https://echo.example/?a=1"
    assert set(re.findall(r"\b(?:src|href)=\"([^\"]*)", page)) <= {*FILES}


def test_any_number_of_options_leaves_the_first_page_small(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted(options=[f"option{number}={'x' * 5000}" for number in range(200)])
    build_site(verified(), out=tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "echo__tiny-1" in page and "option0" not in page


def test_results_csv_has_no_formulas(submitted: Submit, verified: Verified, tmp_path: Path) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\uff1d1+1", "a;=1+1", 'a; "+1', "fine, too"]
    for number, name in enumerate(names):
        model = f"m{number}" if number else "\tm"
        submitted(system=name, model=model, answers={"conv-1/t/0": None})
    build_site(verified(), out=tmp_path / "site")
    text = (tmp_path / "site" / "results.csv").read_text(encoding="utf-8")
    rows = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["answerer"])
    assert [row["system"] for row in rows] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "' =1",
        "'\uff1d1+1",
        "a;'=1+1",
        "a;' \"+1",
        "fine, too",
    ]
    assert rows[0]["answerer"] == "'\tm"
    last = rows[-1]
    assert (last["v"], last["v_low"], last["v_high"], last["v_n"]) == (
        "100.0",
        "90.0",
        "110.0",
        "2",
    )
    assert (last["j"], last["l"], last["meteor"]) == ("", "", "")
    assert (last["answered"], last["questions"], last["states"]) == ("4", "5", "4 ok; 1 error")
    assert last["trained_on_locomo"] == "no"


def _change(entry: Path) -> None:
    with (entry / "predictions.jsonl").open("a", encoding="utf-8") as stream:
        stream.write("\n")


def _add(entry: Path) -> None:
    (entry.parent / "2026-09-01").mkdir()


def _remove(entry: Path) -> None:
    entry.rename(entry.parent.parent.parent / "gone")


@pytest.mark.parametrize("change", [_change, _add, _remove])
def test_a_folder_that_changed_must_be_verified_again(
    change: Callable[[Path], None], submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    entry = submitted()
    folder = verified()
    change(entry)
    with pytest.raises(InputError, match="changed after it was verified") as caught:
        build_site(folder, out=tmp_path / "site")
    assert "locomo-vqa leaderboard verify" in caught.value.remedy
    assert not (tmp_path / "site").exists()


def test_an_unverified_folder_is_refused(submissions: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="have not been verified"):
        build_site(submissions, out=tmp_path / "site")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "board.json").write_text("{}")
    with pytest.raises(InputError, match=r"board\.json: is not a folder") as caught:
        build_site(tmp_path / "board.json", out=tmp_path / "site")
    assert caught.value.remedy == "Give the folder of the submissions."


def test_a_board_of_another_shape_is_refused(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted()
    path = verified() / "board.json"
    board = json.loads(path.read_text(encoding="utf-8"))
    board["entries"][0]["scores"]["metrics"]["v"]["overall"]["value"] = "<b>100</b>"
    path.write_text(json.dumps(board), encoding="utf-8")
    with pytest.raises(InputError, match=r"metrics\.v\.overall\.value"):
        build_site(path.parent, out=tmp_path / "site")


def test_our_site_is_replaced(submitted: Submit, verified: Verified, tmp_path: Path) -> None:
    submitted()
    first = _built(verified(), tmp_path / "out" / "site")
    assert _built(verified(), tmp_path / "out" / "site") == first
    submitted(system="another")
    assert _built(verified(), tmp_path / "out" / "site") != first
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["site"]


def test_a_link_stays_a_link_to_the_new_site(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted()
    link = tmp_path / "out" / "site"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "served")
    first = _built(verified(), link)
    submitted(system="another")
    assert _built(verified(), link) != first
    assert link.is_symlink()
    assert _names(tmp_path / "served") == _names(link) == sorted(["data", *FILES])
    assert [path.name for path in link.parent.iterdir()] == ["site"]


def test_the_folder_one_is_in_is_refused(
    submitted: Submit, verified: Verified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted()
    folder = verified()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for out in (Path(), Path(".."), tmp_path / "here"):
        with pytest.raises(OutputError, match="is the current folder"):
            build_site(folder, out=out)
    assert list((tmp_path / "here").iterdir()) == []


def test_a_site_inside_the_folder_is_no_entry(
    submitted: Submit, verified: Verified, submissions: Path
) -> None:
    submitted()
    first = _built(verified(), submissions / "site")
    assert _built(verified(), submissions / "site") == first


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["thesis.txt"], "has files that are not part of a board: thesis.txt"),
        (["index.html"], "was not written by"),
        (["results.csv"], "was not written by"),
    ],
)
def test_any_other_folder_is_left_alone(
    names: list[str], message: str, submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted()
    out = tmp_path / "site"
    out.mkdir()
    for name in names:
        (out / name).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=message):
        build_site(verified(), out=out)
    assert [(out / name).read_text(encoding="utf-8") for name in names] == ["mine"]


def test_a_site_with_other_files_is_left_alone(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted()
    out = build_site(verified(), out=tmp_path / "site")
    (out / "CNAME").write_text("board.example", encoding="utf-8")
    with pytest.raises(OutputError, match="CNAME"):
        build_site(verified(), out=out)


def test_the_old_site_stays_when_the_new_one_fails(
    submitted: Submit, verified: Verified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted()
    out = tmp_path / "out" / "site"
    before = _built(verified(), out)

    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("locomo_vqa.leaderboard.site.build.write_text", full)
    with pytest.raises(OutputError, match="No space left"):
        build_site(verified(), out=out)
    assert (out / "index.html").read_text(encoding="utf-8") == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["site"]


def test_the_old_page_is_there_until_the_new_one_is_whole(
    submitted: Submit, verified: Verified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted()
    out = tmp_path / "site"
    before = _built(verified(), out)
    seen = []

    def watched(path: Path, text: str) -> None:
        seen.append((out / "index.html").read_text(encoding="utf-8") == before)
        path.write_text(text, encoding="utf-8")

    monkeypatch.setattr("locomo_vqa.leaderboard.site.build.write_text", watched)
    submitted(day=date(2026, 9, 1))
    assert _built(verified(), out) != before
    assert seen and all(seen)
    assert _names(out) == sorted(["data", *FILES])


def test_the_command_says_what_to_open(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    submitted()
    arguments = ["build", str(verified()), "--out", str(tmp_path / "site")]
    done = CliRunner().invoke(leaderboard, arguments)
    assert done.exit_code == 0, done.output
    assert "index.html" in done.output
    done = CliRunner().invoke(leaderboard, [*arguments, "--json"])
    assert json.loads(done.output) == {
        "page": str(tmp_path / "site" / "index.html"),
        "results": str(tmp_path / "site" / "results.csv"),
    }


@pytest.mark.skipif(os.name == "nt", reason="folders can't be locked")
def test_two_sites_do_not_meet_in_one_folder(
    submitted: Submit, verified: Callable[[], Path], tmp_path: Path
) -> None:
    submitted()
    folder = verified()
    build_site(folder, out=tmp_path / "site")
    with (
        locked_folder(tmp_path / "site", busy="", remedy=""),
        pytest.raises(OutputError, match="another process is writing this site"),
    ):
        build_site(folder, out=tmp_path / "site")
