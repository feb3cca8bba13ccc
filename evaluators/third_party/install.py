"""Makes a package's environment: a virtual environment with pinned versions."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa._version import __version__
from locomo_vqa.errors import InputError, MissingResource, OutputError
from locomo_vqa.files import write_json, write_text

from .environment import Environment

__all__ = ["set_up"]

_SHOWN = 600


def set_up(environment: Environment, *, python: Path | None = None, again: bool = False) -> bool:
    """Make an environment, unless it is set up already; return whether there was work.

    What marks it as set up is written last, after everything in it could be imported; one that
    was interrupted is made anew, and pip takes what it had downloaded from its cache. Packages
    are installed from wheels, so that none runs code while it is installed. What pip prints is
    in `<environment>.log`; pip's own settings and variables hold.

    Args:
        python: the interpreter to build on; this one where it is None.
        again: make it anew where it is set up.

    Raises:
        InputError: the interpreter is none, or of the wrong version.
        OutputError: the folder can't be written, or another process is setting it up.
        MissingResource: something could not be installed.
    """
    if environment.state == "yes" and not again:
        return False
    interpreter = str(python or sys.executable)
    version = _check_version(environment, interpreter)
    folder = environment.folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.with_name(f"{folder.name}.lock")) as lock:
            _check_folder(folder)
            environment.mark.unlink(missing_ok=True)
            log = folder.with_name(f"{folder.name}.log")
            log.unlink(missing_ok=True)
            _install(environment, interpreter, version, _Shell(log=log, lock=lock))
    except OSError as error:
        raise OutputError(
            f"{error.filename or folder}: can't be written ({error.strerror}).",
            "Choose a folder with --dir that you may write to and that has room.",
        ) from None
    return True


def _check_folder(folder: Path) -> None:
    """Raise an OutputError for a folder that is no environment: it would be cleared."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        raise OutputError(
            f"{folder}: is there already, and no virtual environment.",
            "Move it away, or choose another folder with --dir.",
        )


def _install(environment: Environment, interpreter: str, version: str, shell: _Shell) -> None:
    recipe, folder = environment.recipe, environment.folder
    made = [interpreter, "-m", "venv", "--clear", str(folder)]
    shell.do(made, "the virtual environment can't be made")
    constraints = folder / "constraints.txt"
    write_text(constraints, "".join(f"{pin}\n" for pin in recipe.constraints))
    pip = [str(environment.python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    install = [*pip, "install", "--only-binary", ":all:", "--constraint", str(constraints)]
    shell.do([*install, *recipe.packages], f"{recipe.title} can't be installed")
    statements = "; ".join(f"import {module}" for module in recipe.imports)
    check = [str(environment.python), "-c", statements]
    shell.do(check, f"{recipe.title} is installed, but can't be imported", home=folder)
    listed = shell.do([*pip, "list", "--format", "json"], "what is installed can't be listed")
    installed = {row["name"]: row["version"] for row in json.loads(listed)}
    write_json(
        environment.mark,
        {
            "schema_version": 1,
            "locomo_vqa": __version__,
            "name": recipe.name,
            "python": version,
            "recipe_sha256": recipe.digest,
            "installed": dict(sorted(installed.items())),
        },
    )


def _check_version(environment: Environment, interpreter: str) -> str:
    """Return an interpreter's version, after checking that the recipe allows it."""
    code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    try:
        done = subprocess.run(
            [interpreter, "-c", code], capture_output=True, text=True, timeout=60, check=True
        )
        version = done.stdout.strip()
        major, minor = map(int, version.split(".")[:2])
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise InputError(
            f"{interpreter}: is no Python interpreter ({type(error).__name__}).",
            "Name one with --python.",
        ) from None
    first, last = environment.recipe.python
    if major != 3 or not first <= minor < last:
        raise InputError(
            f"{environment.recipe.name}: runs on Python 3.{first} to 3.{last - 1}, and "
            f"{interpreter} is {version}.",
            "Name another interpreter with --python.",
        )
    return version


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    """Runs the commands of one set-up."""

    log: Path
    """Gets what they print."""
    lock: int
    """The lock's descriptor: each holds it too, so one that outlives us keeps others away."""

    def do(self, command: Sequence[str], problem: str, *, home: Path | None = None) -> str:
        """Run a command and return its standard output.

        PYTHONPATH does not hold: what it names would hide what is to be installed. `home` stands
        in for the user's home, where packages leave files when they are imported.
        """
        own = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        own["DO_NOT_TRACK"] = "1"
        if home is not None:
            own["HOME"] = own["USERPROFILE"] = str(home)
        process = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=own,
            cwd=home,
            pass_fds=() if sys.platform == "win32" else (self.lock,),
            check=False,
        )
        with self.log.open("a", encoding="utf-8") as stream:
            stream.write(process.stdout + process.stderr)
        if process.returncode:
            lines = process.stderr.strip().splitlines() or ["it printed nothing"]
            lines = [line for line in lines if line.startswith("ERROR: ")] or lines
            raise MissingResource(
                f"{problem}: {lines[-1].removeprefix('ERROR: ')[:_SHOWN]}",
                f"See {self.log}; give the same command again when it is mended.",
            )
        return process.stdout


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[int]:
    """Keep other processes from setting up the same environment; yield the lock's descriptor."""
    with path.open("a") as stream:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutputError(
                    f"{path.with_suffix('')}: another process is setting it up.",
                    "Wait until it is done.",
                ) from None
        yield stream.fileno()
