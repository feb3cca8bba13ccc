"""Installs a third-party system in a virtual environment with pinned versions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa._version import __version__
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError, MissingResource, OutputError
from locomo_vqa.files import write_json, write_text
from locomo_vqa.locks import lock_file
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.unfinished import unfinished

from ..hosting.environment import names_secret
from .catalogue import find_recipe
from .environment import Environment, find_environment
from .own_recipes import adopt_recipe, is_recipe_file, write_freeze
from .recipe import load_recipes, read_recipe

__all__ = ["Installation", "install"]

_MAX_MESSAGE = 600
_STEPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The result of an installation."""

    environment: Environment
    """The complete environment."""
    changed: bool
    """Whether it was created now; False if it was already complete."""


@checked
def install(
    name: str,
    *,
    folder: str | Path | None = None,
    python: str | Path | None = None,
    reinstall: bool = False,
    progress: bool | ProgressCallback = True,
) -> Installation:
    """Install a third-party system in its own environment, if it isn't installed yet.

    Only wheels are installed, so no package runs code during the installation. pip's own settings
    and variables apply; its output is in `<environment>.log`. An environment is complete once all
    its modules have been imported; an interrupted installation starts over.

    Args:
        name: the system's name, or the path of a recipe of your own (`./name.toml`), which is
            copied with its adapter, so that a run finds it by name from then on.
        folder: the folder of all environments; None for `systems_folder()`.
        python: the interpreter to use; None for the current one.
        reinstall: whether to replace a complete environment.
        progress: whether to show progress bars, or a callback.

    Raises:
        InputError: the system is unknown, or the interpreter can't be used.
        OutputError: the folder can't be written, or another process is installing the system.
        MissingResource: a package could not be installed.
    """
    place = Path(folder) if folder else None
    if is_recipe_file(name):
        recipe = adopt_recipe(Path(name), load_recipes(), place)
    else:
        recipe = find_recipe(name, place)
    environment = find_environment(recipe, place)
    if environment.state == "yes" and not reinstall:
        return Installation(environment=environment, changed=False)
    interpreter = str(python or sys.executable)
    version = _check_interpreter(environment, interpreter)
    with progress_reporter(progress) as report:
        _install_locked(environment, interpreter, version, report)
    return Installation(environment=environment, changed=True)


def _install_locked(
    environment: Environment, interpreter: str, version: str, report: ProgressCallback
) -> None:
    folder = environment.folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = lock_file(folder.with_name(f"{folder.name}.lock"))
        if lock is None:
            raise OutputError(
                f"{folder}: another process is installing this system.", "Wait until it is done."
            )
        with lock:
            _check_folder(folder)
            environment.mark.unlink(missing_ok=True)
            log = folder.with_name(f"{folder.name}.log")
            log.unlink(missing_ok=True)
            with unfinished(folder.with_name(f"{folder.name}.tmp"), kind="folder") as temp:
                commands = _Commands(
                    environment=environment, log=log, temp=temp, lock=lock.fileno()
                )
                _run_steps(commands, interpreter, version, report)
    except OSError as error:
        raise OutputError(
            f"{error.filename or folder}: can't be written ({error.strerror}).",
            "Choose a writable `folder` with enough free space.",
        ) from None


def _check_folder(folder: Path) -> None:
    """Raise an OutputError for a folder that is not an environment, because it would be emptied."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        raise OutputError(
            f"{folder}: already exists and is not a virtual environment.",
            "Move it away, or choose another `folder`.",
        )


def _run_steps(
    commands: _Commands, interpreter: str, version: str, report: ProgressCallback
) -> None:
    environment = commands.environment
    recipe, folder = environment.recipe, environment.folder
    step = f"install {recipe.name}"
    report(step, 0, _STEPS)
    make = [interpreter, "-m", "venv", "--clear", str(folder)]
    commands.run(make, "the virtual environment can't be created")
    report(step, 1, _STEPS)
    constraints = folder / "constraints.txt"
    write_text(constraints, "".join(f"{pin}\n" for pin in recipe.constraints))
    pip = [str(environment.python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    get = [*pip, "install", "--only-binary", ":all:", "--constraint", str(constraints)]
    commands.run([*get, *recipe.packages], f"{recipe.title} can't be installed")
    report(step, 2, _STEPS)
    statements = "; ".join(f"import {module}" for module in recipe.imports)
    check = [str(environment.python), "-c", statements]
    commands.run(check, f"{recipe.title} is installed, but can't be imported", home=folder)
    report(step, 3, _STEPS)
    listed = commands.run([*pip, "list", "--format", "json"], "the packages can't be listed")
    installed = {row["name"]: row["version"] for row in json.loads(listed)}
    if recipe.is_own and not recipe.constraints:
        write_freeze(recipe, installed)
        recipe = read_recipe(recipe.adapters / f"{recipe.name}.toml")
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
    report(step, _STEPS, _STEPS)


def _is_passed_on(name: str) -> bool:
    # The installer's own, such as a registry's password.
    ours = name.startswith(("PIP_", "UV_")) or name == "SSH_AUTH_SOCK"
    return name not in ("PYTHONPATH", "PYTHONHOME") and (ours or not names_secret(name))


def _check_interpreter(environment: Environment, interpreter: str) -> str:
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
            f"`python` {interpreter}: is not a Python interpreter ({type(error).__name__}).",
            "Name another interpreter.",
        ) from None
    first, last = environment.recipe.python
    if major != 3 or not first <= minor < last:
        raise InputError(
            f"{environment.recipe.name} needs Python 3.{first} to 3.{last - 1}, but {interpreter} "
            f"is {version}.",
            "Name another interpreter with `python`.",
        )
    return version


@dataclass(frozen=True, slots=True, kw_only=True)
class _Commands:
    """Runs the commands of one installation."""

    environment: Environment
    log: Path
    """The file for the commands' output."""
    temp: Path
    """The folder for their temporary files, which the next installation removes after a kill."""
    lock: int
    """The lock's descriptor. Every command inherits it, so the lock outlives this process for as
    long as a command runs."""

    def run(self, command: Sequence[str], problem: str, *, home: Path | None = None) -> str:
        """Run a command and return its standard output.

        PYTHONPATH is not passed on, because its modules would hide the installed ones, nor are
        keys: a package's own code may run. `home` replaces the user's home folder, where some
        packages write files on import.

        Raises:
            MissingResource: the command failed; the message begins with `problem`.
        """
        variables = {name: value for name, value in os.environ.items() if _is_passed_on(name)}
        variables["DO_NOT_TRACK"] = "1"
        variables |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.temp))
        if home is not None:
            variables["HOME"] = variables["USERPROFILE"] = str(home)
        process = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=variables,
            cwd=home,
            pass_fds=() if sys.platform == "win32" else (self.lock,),
            check=False,
        )
        with self.log.open("a", encoding="utf-8") as stream:
            stream.write(process.stdout + process.stderr)
        if process.returncode:
            lines = process.stderr.strip().splitlines() or ["no output"]
            lines = [line for line in lines if line.startswith("ERROR: ")] or lines
            raise MissingResource(
                f"{problem}: {lines[-1].removeprefix('ERROR: ')[:_MAX_MESSAGE]}",
                f"See {self.log} for the cause, then install again.",
            )
        return process.stdout
