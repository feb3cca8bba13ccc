"""The whole toolkit in one session, as a researcher types it: in a notebook and as a script."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CELLS = {
    "question": """
import locomo_vqa as lv

bench = lv.load_benchmark("sample")
bench.text_questions[0].question
""",
    "run": """
class Echo:
    def open(self, conversation, workdir, services): ...
    def add(self, turns): self.last = turns[-1].text
    def answer(self, question, *, now): return self.last

run = lv.run(Echo, benchmark=bench, images="pixels")
run
""",
    "scores": """
scores = lv.score(run, metrics=["v", "f1"])
scores
""",
    "values": """
[scores["f1"].value, scores["f1"].interval.low, scores["f1"].interval.high, scores["v"].value]
""",
    "frame": "scores.to_frame()",
    "comparison": """
other = lv.run("no-memory", benchmark=bench, images="none")
lv.compare(run, other, metrics=["f1"])
""",
    "check": "lv.check(Echo)",
    "ablation": "lv.ablate(Echo, benchmark=bench)",
    "build": """
build = lv.build("sample", work="w", out="d")
build
""",
    "built": """
[len(build.benchmark.conversations), build.losses.visual_questions_removed, *(
    one.type for one in build.selection.results if one.selected)]
""",
    "submission": 'lv.submit(run, to="submissions")',
    "board": """
board = lv.verify("submissions", benchmark=bench)
board
""",
    "site": """
str(lv.build_site(board, out="site"))
""",
}
VALUES = ("question", "values", "built", "site")
"""The cells whose results are plain values; all others show themselves as tables."""

BUILT = [10, 0, "unusual-detail", "colour", "detail"]
"""Conversations, questions lost with an image, and the types that the small model fails most."""


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a kernel that is this interpreter, known to this test alone."""
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "this interpreter",
        "language": "python",
    }
    folder = tmp_path / "jupyter" / "kernels" / "this"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    for variable in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    return "this"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The folder in which the session runs."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def _outputs(notebook: Any) -> Iterator[dict[str, str]]:
    """Return what each cell shows of its last expression, by type."""
    for cell in notebook.cells:
        shown = [one for one in cell.outputs if one.output_type == "execute_result"]
        yield dict(shown[0].data) if shown else {}


def test_the_session_runs_in_a_notebook(kernel: str, work: Path) -> None:
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(
        notebook, kernel_name=kernel, timeout=300, resources={"metadata": {"path": str(work)}}
    )
    client.execute()
    outputs = [one for cell in notebook.cells for one in cell.outputs]
    printed = [one.text for one in outputs if one.output_type == "stream"]
    assert [text for text in printed if "tqdm" not in text] == [], "a call prints or warns"
    shown = dict(zip(CELLS, _outputs(notebook), strict=True))
    for name in CELLS.keys() - VALUES:
        assert "<table" in shown[name].get("text/html", ""), (name, shown[name])
    _check_values(shown["values"]["text/plain"])
    assert ast.literal_eval(shown["built"]["text/plain"]) == BUILT
    assert shown["site"]["text/plain"] == "'site'"
    assert (work / "site" / "index.html").is_file()


def test_the_session_runs_as_a_script(work: Path) -> None:
    lines = [source.strip() for source in CELLS.values()]
    lines.append(f"print({CELLS['values'].strip()})")
    (work / "session.py").write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "session.py"],
        cwd=work,
        env={**os.environ, "LOCOMO_VQA_QUIET": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    _check_values(done.stdout.strip().splitlines()[-1])
    assert (work / "site" / "index.html").is_file()


def _check_values(text: str) -> None:
    f1, low, high, v = json.loads(text)
    assert 0 < f1 < 0.2 and low <= f1 <= high
    assert v == 0
