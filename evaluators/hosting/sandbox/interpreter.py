"""Finds the files that an interpreter needs: itself, its libraries, and its packages.

Finding them runs only the standard library, no package: a package could run any code when Python
starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from locomo_vqa.json_gate import load_json

from ..environment import system_environment
from .paths import is_file_there, is_there

__all__ = ["interpreter_folders", "interpreter_links", "interpreter_program", "module_files"]

_ASK = (
    "import json, site, sys; print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, "
    "sys.exec_prefix, sys.base_exec_prefix, *sys.path, site.getusersitepackages()]))"
)
_ASK_S = 60
_MODULE_ENDINGS = (".py", ".pyc", ".so", ".zip", ".egg")
_PACKAGES = ("site-packages", "dist-packages")
_METADATA = (".dist-info", ".egg-info")
_MOST_BYTES = 1 << 20


def interpreter_program(python: str) -> str:
    """Return an interpreter's real path if a script, such as pyenv's, starts it."""
    try:
        with Path(python).open("rb") as stream:
            is_script = stream.read(2) == b"#!"
    except OSError:
        return python
    return next(iter(_own_paths(python)), python) if is_script else python


def interpreter_folders(python: str) -> list[Path]:
    """Return the files and folders that an interpreter imports from, and nothing else.

    Args:
        python: the interpreter's absolute path.
    """
    found = [Path(text) for text in _own_paths(python)[1:]]
    found += [link.parent.parent for link in interpreter_links(python)]
    found = [prefix for prefix in found if _is_environment(prefix)]
    if python == sys.executable:
        found += [Path(text).absolute() for text in (sys.prefix, *sys.path) if text]
    listed = system_environment().get("PYTHONPATH", "")
    found += [Path(text) for text in listed.split(os.pathsep) if text]
    sites = [site for folder in found for site in _site_folders(folder)]
    named = [path for site in sites for path in _named_in(site)]
    found += named
    for site in (*sites, *(path for path in named if path.name in _PACKAGES)):
        found += _edited_projects(site)
    there = [path for path in found if path.is_absolute() and is_there(path)]
    whole = [path for path in there if _is_environment(path)]
    files: list[Path] = []
    for path in there:
        if is_file_there(path) or any(path.is_relative_to(folder) for folder in whole):
            files.append(path)
        else:
            files += module_files(path)
    return list(dict.fromkeys(files))


def module_files(folder: Path, module: str = "") -> Iterator[Path]:
    """Yield the importable files and folders in a folder, and nothing else.

    `module` may be the name of a package without an `__init__.py`.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        named = entry.name == module or entry.suffix in (*_MODULE_ENDINGS, *_METADATA)
        if (named or is_file_there(entry / "__init__.py")) and not entry.name.startswith("."):
            yield entry


def _own_paths(python: str) -> list[str]:
    """Return the program, prefixes and module path of an interpreter started without packages."""
    try:
        done = subprocess.run(
            [python, "-I", "-S", "-c", _ASK],
            env=system_environment(),
            capture_output=True,
            timeout=_ASK_S,
            check=True,
        )
        return [text for text in json.loads(done.stdout) if isinstance(text, str) and text]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []  # It can't be started; starting the system reports this.


def interpreter_links(python: str) -> list[Path]:
    """Return the links that lead from an interpreter's absolute path to its file."""
    found: dict[Path, None] = {}
    path = Path(python)
    while path.is_symlink() and path not in found:
        found[path] = None
        path = Path(os.path.normpath(path.parent / path.readlink()))
    return list(found)


def _is_environment(folder: Path) -> bool:
    """Return whether a folder belongs to Python as a whole."""
    if folder.name in _PACKAGES or is_file_there(folder / "pyvenv.cfg"):
        return True
    names = (folder, *folder.glob("lib/python3*"), *folder.glob("lib64/python3*"))
    return any(is_file_there(name / "os.py") or is_there(name / "lib-dynload") for name in names)


def _site_folders(folder: Path) -> Iterator[Path]:
    """Yield a folder of packages, or the folders of packages in a prefix."""
    if folder.name in _PACKAGES:
        yield folder
    for name in _PACKAGES:
        yield from folder.glob(f"lib*/python3*/{name}")


def _named_in(site: Path) -> Iterator[Path]:
    """Yield the folders that .pth files add to the path."""
    for file in sorted(site.glob("*.pth")):
        try:
            lines = _beginning(file).splitlines()
        except OSError:
            continue
        for line in lines:
            text = line.strip()
            if text and not text.startswith(("#", "import ", "import\t")):
                yield Path(os.path.normpath(site / text))


def _beginning(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(_MOST_BYTES).decode("utf-8", "replace")


def _edited_projects(site: Path) -> Iterator[Path]:
    """Yield the source folders of editable installations."""
    for file in sorted(site.glob("*.dist-info/direct_url.json")):
        try:
            known = load_json(_beginning(file))
            address = urlsplit(known["url"])
            edited = known["dir_info"]["editable"] is True
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if edited and address.scheme == "file":
            project = Path(unquote(address.path))
            yield from (project, project / "src")
