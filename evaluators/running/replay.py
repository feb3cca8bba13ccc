"""Repeats a run from a bundle, without its endpoint, and compares the answers."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, some
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.runs import answers_sha256, read_run
from locomo_vqa.schemas import validate
from locomo_vqa.zips import UNZIP_ERRORS, check_compression

from ..hosting.launch import program_of
from .api import run

__all__ = ["ReplayReport", "replay"]

_MOST_BYTES = 8 << 30
_MOST_FILES = 10_000
_REMEDY = "Ask for the bundle again."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """How the answers of a repeated run compare with the bundle's."""

    questions: int
    """The number of questions."""
    different: tuple[str, ...]
    """The ids of the questions whose answer or state differs; times don't count."""
    answers_sha256: str
    """See `locomo_vqa.runs.answers_sha256`, of the answers of the repeated run."""

    @property
    def same(self) -> bool:
        """Whether all answers are the same."""
        return not self.different


@checked
def replay(
    bundle: str | Path,
    *,
    benchmark: Benchmark | str | Path,
    python: str | Path | None = None,
    env: Sequence[str] = (),
    sandbox: bool = False,
    progress: bool | ProgressCallback = True,
) -> ReplayReport:
    """Repeat the run of a bundle from its recorded replies, and compare the answers.

    The code in the bundle is run, with the run's limits on time and memory: use `sandbox` for a
    bundle from someone else.

    Args:
        bundle: the file that `submit` wrote.
        benchmark: what the run was made on.
        python: the interpreter of the environment that a `module:Class` is installed in.
        env: the names of the environment variables that the run handed on. A bundle has no
            values, and nothing is handed on that is not named here.
        sandbox: as for `run`.
        progress: as for `run`.

    Raises:
        InputError: it is not a bundle, the benchmark is another one, or the run had a variable
            that `env` does not name.
        SystemLoadError: the system can't be loaded here.
    """
    asked = load_argument(benchmark)  # Its path may be relative to this folder.
    interpreter = None if python is None else Path(program_of(Path(python)))
    with TemporaryDirectory(prefix="locomo-vqa-replay-") as name:
        folder = Path(name).resolve()
        _extract(Path(bundle), folder)
        command: dict[str, Any] = read_json(folder / "command.json", what="the command")
        validate(command, "command", path=folder / "command.json", remedy=_REMEDY)
        _check_variables(command.get("env", ()), env)
        before = read_run(folder)
        with _in_folder(folder / "code"):
            done = run(
                command["system"],
                benchmark=asked,
                out=folder / "repeated",
                model=command["model"],
                options=dict(option.split("=", 1) for option in command["options"]),
                replay=folder / "replies.sqlite" if command["replies"] else None,
                strict=bool(command["replies"]),
                python=interpreter,
                env=env,
                sandbox=sandbox,
                progress=progress,
                context=command.get("context"),
                twins=command.get("twins", False),
                **command.get("limits", {}),
                **{name: command[name] for name in ("split", "images", "visual", "limit", "top_k")},
            )
    if done.info["dataset"]["revision"] != before.info["dataset"]["revision"]:
        raise InputError(
            "`benchmark`: its revision is not the one of the bundle's run.", "Name that benchmark."
        )
    now = {row.question_id: (row.state, row.prediction) for row in done.predictions}
    different = tuple(
        row.question_id
        for row in before.predictions
        if now.get(row.question_id) != (row.state, row.prediction)
    )
    return ReplayReport(
        questions=len(before.predictions),
        different=different,
        answers_sha256=answers_sha256(done.predictions),
    )


def _check_variables(used: Sequence[str], given: Sequence[str]) -> None:
    missing = [name for name in used if name not in given]
    if missing:
        raise InputError(
            f"The run handed on {some(missing)}, whose values are not in the bundle.",
            "Set each in the environment, and name it with `env`; the bundle's code can read it.",
        )


def _extract(bundle: Path, folder: Path) -> None:
    """Unpack a bundle whose names stay within the folder, and whose size is bounded."""
    if bundle.exists() and not bundle.is_file():  # Opening a pipe would wait for ever.
        raise InputError(f"{bundle}: is not a regular file.", _REMEDY)
    (folder / "code").mkdir()
    try:
        with zipfile.ZipFile(bundle) as packed:
            members = packed.infolist()
            names = [PurePosixPath(member.filename) for member in members]
            known = ("command.json", "run.json", "predictions.jsonl", "replies.sqlite")
            good = all(
                (str(name) in known or name.parts[:1] == ("code",)) and ".." not in name.parts
                for name in names
            )
            size = sum(member.file_size for member in members)
            if not good or len(members) > _MOST_FILES or size > _MOST_BYTES:
                raise InputError(f"{bundle}: is not a bundle of a run.", _REMEDY)
            check_compression(members)
            packed.extractall(folder)
    except FileNotFoundError:
        raise InputError(f"{bundle}: not found.", "Name the file of a bundle.") from None
    except UNZIP_ERRORS as error:
        raise InputError(f"{bundle}: is not a bundle of a run ({error}).", _REMEDY) from None


@contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    """Work in a folder, where the modules of the system are."""
    before = os.getcwd()  # noqa: PTH109
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
