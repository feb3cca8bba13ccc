"""The toolkit's own code is recorded, and a change of it is found."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa import run_notes
from locomo_vqa import toolkit_code as module
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.running import environment_record
from locomo_vqa.evaluators.running import harness as harness_module
from locomo_vqa.run_notes import toolkit_note
from locomo_vqa.toolkit_code import code_sha256, toolkit_code, toolkit_name
from tests.evaluators.recording import Recorder, harness, recorder


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def code(**change: Any) -> dict[str, Any]:
    return {"version": "0.1.0", "sha256": "a" * 64, "commit": "c" * 40, "dirty": False, **change}


def test_the_hash_is_over_code_and_prompts_wherever_they_are(tmp_path: Path) -> None:
    files = {"a_dot_py": "x = 1", "in__p_dot_txt": "Say it.", "w_dot_safetensors": "weights"}
    one, other = write(tmp_path / "one", **files), write(tmp_path / "deep" / "other", **files)
    digits = [sha256(text.encode()).hexdigest() for text in ("x = 1", "Say it.")]
    lines = f"pack/a.py\0{digits[0]}\npack/in/p.txt\0{digits[1]}\n"
    assert code_sha256({"pack": one}) == sha256(lines.encode()).hexdigest()
    assert code_sha256({"pack": other}) == code_sha256({"pack": one})
    write(other, w_dot_safetensors="others", evaluators__e_dot_py="an installed wing")
    assert code_sha256({"pack": other}) == code_sha256({"pack": one})
    write(other, in__p_dot_txt="Say it!")
    assert code_sha256({"pack": other}) != code_sha256({"pack": one})


def test_a_checkout_has_a_commit_and_an_environment_in_a_repository_has_none(
    tmp_path: Path,
) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        command = ["git", "-C", str(tmp_path), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    package = write(tmp_path / "locomo_vqa", a_dot_py="x = 1")
    installed = write(tmp_path / "env" / "locomo_vqa", a_dot_py="x = 1")
    git("init", "-q")
    git("add", "locomo_vqa")
    git("commit", "-qm", "First")
    found = module._commit_of({"locomo_vqa": package})
    assert found == {"commit": git("rev-parse", "HEAD"), "dirty": False}
    write(tmp_path, notes_dot_txt="elsewhere")
    assert module._commit_of({"locomo_vqa": package})["dirty"] is False
    write(package, b_dot_py="a new file")
    assert module._commit_of({"locomo_vqa": package})["dirty"] is True
    assert module._commit_of({"locomo_vqa": installed}) == {"commit": None, "dirty": None}


def test_a_run_is_not_continued_with_a_changed_toolkit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Recorder, question: str, *, now: Any) -> str:
        raise RuntimeError("busy")

    def answering(self: Recorder, question: str, *, now: Any) -> str:
        return "yes"

    def use(found: dict[str, Any]) -> None:
        for user in (environment_record, harness_module):
            monkeypatch.setattr(user, "toolkit_code", lambda: found)

    use(code())
    done = harness(recorder(answer=failing), tmp_path / "run").run()
    assert done.info["record"]["toolkit"] == code()
    use(code(sha256="b" * 64, dirty=True))
    again = harness(recorder(answer=answering), tmp_path / "run")
    with pytest.raises(InputError, match=r"commit ccccccc, changed, code bbbbbbb\), not 0\.1\.0"):
        again.run(retry_failed=True)
    use(code(commit="d" * 40))  # Another commit with the same code is the same toolkit.
    done = harness(recorder(answer=answering), tmp_path / "run").run(retry_failed=True)
    assert done.info["counts"]["failed"] == 0
    use(code(sha256="b" * 64))
    assert harness(recorder(answer=answering), tmp_path / "run").run().info == done.info


def test_a_board_notes_another_or_a_changed_toolkit(monkeypatch: pytest.MonkeyPatch) -> None:
    def note(**change: Any) -> str | None:
        return toolkit_note({"record": {"toolkit": code(**change)}})

    monkeypatch.setattr(run_notes, "toolkit_code", code)
    assert note() is None
    assert note(version="0.2.0", sha256="b" * 64) is None
    assert note(sha256="b" * 64, commit=None, dirty=None) == (
        "The run's toolkit is 0.1.0 (code bbbbbbb), not this one: 0.1.0 (commit ccccccc, code "
        "aaaaaaa)."
    )
    assert note(dirty=True) == (
        "The run's toolkit had changes that were not committed: 0.1.0 (commit ccccccc, changed, "
        "code aaaaaaa)."
    )
    assert toolkit_note({}) is None


def test_this_toolkit_is_identified() -> None:
    found = toolkit_code()
    assert set(found) == {"version", "sha256", "commit", "dirty"}
    assert found["version"] in toolkit_name(found)
    assert toolkit_code() is found
