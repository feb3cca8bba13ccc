"""Which files and folders a sandbox shows: none that has keys, answers, or another's work."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from locomo_vqa.evaluators.hosting.sandbox import Sandbox
from locomo_vqa.evaluators.hosting.sandbox.interpreter import (
    interpreter_folders,
    interpreter_links,
    interpreter_program,
    module_files,
)
from locomo_vqa.evaluators.hosting.sandbox.mounts import mounts_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone")


def make(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def shown(
    sandbox: Sandbox, needed: list[Path], environment: dict[str, str], below: Path
) -> dict[str, str]:
    """Return the kind of each mount below a folder, by its path in it."""
    return {
        str(mount.path.relative_to(below)): mount.kind
        for mount in mounts_of(sandbox, needed, [], environment)
        if mount.path.is_relative_to(below)
    }


def sandbox_in(scratch: Path, **fields: tuple[Path, ...]) -> Sandbox:
    scratch.mkdir()
    return Sandbox(tool="bubblewrap", scratch=scratch, **fields)


def test_caches_of_models_are_shown_without_tokens_and_data_sets(tmp_path: Path) -> None:
    home = tmp_path / "home"
    hub = home / ".cache" / "huggingface"
    make(
        hub / "token",
        hub / "hub" / "models--org--name" / "blob",
        hub / "hub" / "datasets--org--benchmark" / "blob",
        home / ".cache" / "torch" / "weights",
        home / ".ssh" / "id",
    )
    found = shown(sandbox_in(tmp_path / "scratch"), [], {"HOME": str(home)}, home)
    assert found == {
        ".": "write",
        ".cache/torch": "read",
        ".cache/huggingface/hub/models--org--name": "read",
    }


def test_the_home_folder_is_never_shown(tmp_path: Path) -> None:
    home = tmp_path / "home" / "me"
    make(home / "notes")
    lent = (home, home.parent, tmp_path, Path("/"), home / "notes")
    found = shown(
        sandbox_in(tmp_path / "scratch", readable=lent), [], {"HOME": str(home)}, tmp_path
    )
    assert found == {"home/me": "write", "home/me/notes": "read"}


def test_what_is_hidden_is_empty_wherever_it_would_be_seen(tmp_path: Path) -> None:
    make(tmp_path / "lib" / "answers" / "gold", tmp_path / "lib" / "code.py")
    make(tmp_path / "elsewhere" / "gold")
    (tmp_path / "link").symlink_to(tmp_path / "lib")
    box = sandbox_in(
        tmp_path / "scratch",
        readable=(tmp_path / "lib" / "answers" / "gold",),
        hidden=(tmp_path / "link" / "answers", tmp_path / "elsewhere"),
    )
    needed = [tmp_path / "lib", tmp_path / "link"]
    assert shown(box, needed, {}, tmp_path) == {
        "lib": "read",
        "link": "read",
        "lib/answers": "empty",
        "link/answers": "empty",
    }


def test_a_parent_comes_before_what_is_in_it(tmp_path: Path) -> None:
    make(tmp_path / "a" / "b" / "c" / "file")
    box = sandbox_in(tmp_path / "scratch", readable=(tmp_path / "a" / "b" / "c",))
    paths = [mount.path for mount in mounts_of(box, [], [], {"HOME": str(tmp_path / "a")})]
    assert all(
        not path.is_relative_to(later) for n, path in enumerate(paths) for later in paths[n + 1 :]
    )
    assert paths.index(tmp_path / "a") < paths.index(tmp_path / "a" / "b" / "c")


def test_beside_a_module_only_modules_are_shown(tmp_path: Path) -> None:
    make(
        tmp_path / "mine.py",
        tmp_path / "package" / "__init__.py",
        tmp_path / "spaces" / "module.py",
        tmp_path / "lv" / "visual_questions.jsonl",
        tmp_path / ".env",
        tmp_path / ".hidden.py",
        tmp_path / "notes.txt",
    )
    found = {path.name for path in module_files(tmp_path, "spaces")}
    assert found == {"mine.py", "package", "spaces"}
    assert {path.name for path in module_files(tmp_path, "mine")} == {"mine.py", "package"}


def test_what_may_not_be_looked_at_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as other users' folders in the working directory /tmp, or a key that begins with /."""
    make(tmp_path / "mine.py", tmp_path / "theirs" / "__init__.py")
    look = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        if "theirs" in path.parts:
            raise PermissionError(errno.EACCES, "Permission denied")
        return look(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    assert [path.name for path in module_files(tmp_path)] == ["mine.py"]
    lent = (tmp_path / "theirs", Path("/" + "k" * 5000), tmp_path / "mine.py")
    found = shown(sandbox_in(tmp_path / "scratch"), list(lent), {}, tmp_path)
    assert found == {"mine.py": "read"}


def test_a_script_that_starts_an_interpreter_is_seen_through(tmp_path: Path) -> None:
    shim = tmp_path / "python"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    shim.chmod(0o755)
    assert interpreter_program(str(shim)) == sys.executable
    assert interpreter_program(sys.executable) == sys.executable
    assert interpreter_program(str(tmp_path / "none")) == str(tmp_path / "none")


def test_an_environment_of_its_own_is_found_with_all_it_imports_from(tmp_path: Path) -> None:
    """Its base interpreter elsewhere, a folder in a .pth file, and a package that is edited."""
    venv, source = tmp_path / "venv", tmp_path / "source"
    site = venv / "lib" / "python3.11" / "site-packages"
    make(
        venv / "pyvenv.cfg",
        tmp_path / "listed" / "module.py",
        tmp_path / "listed" / "data.csv",
        source / "src" / "edited" / "__init__.py",
        source / ".git" / "config",
        site / "edited-1.dist-info" / "RECORD",
    )
    (site / "paths.pth").write_text(f"# a comment\nimport os\n{tmp_path / 'listed'}\n")
    (site / "edited-1.dist-info" / "direct_url.json").write_text(
        json.dumps({"url": source.as_uri(), "dir_info": {"editable": True}})
    )
    python = venv / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    found = interpreter_folders(str(python))
    assert venv in found
    assert tmp_path / "listed" / "module.py" in found
    assert source / "src" / "edited" in found
    assert Path(sys.base_prefix) in found
    own = [path for path in found if path.is_relative_to(tmp_path)]
    assert not {"data.csv", ".git", "source"}.intersection(path.name for path in own)
    assert interpreter_links(str(python))[0] == python
