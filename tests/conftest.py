"""What all tests share: the folder of real data, and the command line."""

from __future__ import annotations

import compileall
import io
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from locomo_vqa.cli import main
from locomo_vqa.models.dialects import forget_dialects
from locomo_vqa.models.endpoint_memory import endpoints_file
from tests.dying import Commands, commands

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("LOCOMO_VQA_SHARED", ROOT.parent / "shared"))

Cli = Callable[..., subprocess.CompletedProcess[str]]

# The files whose tests take longest, in this order. Started last, one of them would keep one core
# busy for a minute while the others wait.
LONGEST = (
    "core/test_demo.py",
    "test_tutorials.py",
    "test_killed.py",
    "torture/test_foreign_files.py",
    "torture/test_full_disk.py",
    "test_hostile_replies.py",
    "builders/test_build_choices.py",
    "builders/test_build.py",
    "secrets/test_key_is_nowhere.py",
    "builders/test_sample_recipe.py",
    "evaluators/distilling/memlora/test_search.py",
    "test_notebook.py",
    "leaderboard/test_end_to_end.py",
    "evaluators/distilling/test_killed_distillation.py",
    "secrets/test_paths_are_nowhere.py",
    "test_difficult_endpoint.py",
    "test_examples.py",
    "evaluators/running/test_harness.py",
    "evaluators/hosting/test_faults.py",
    "evaluators/selftest/test_check_bundled.py",
    "evaluators/third_party/test_systems_command.py",
    "evaluators/memory/test_mem0_sample.py",
    "builders/images/test_resuming.py",
)


PACKAGES = ("locomo_vqa", "builders", "evaluators", "leaderboard")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package where Python must not, or each of a thousand processes would do so.

    And let Ctrl-C reach what the tests start, even from a background job, which ignores it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.dont_write_bytecode and not hasattr(config, "workerinput"):
        for name in PACKAGES:
            compileall.compile_dir(ROOT / name, quiet=2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the others keep their order."""
    places = {ROOT / "tests" / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def real_file(name: str) -> Path:
    """Return a file of real data, or skip the test where it is not on this machine."""
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip(f"no {name}: set LOCOMO_VQA_SHARED to a folder with data/{name}")
    return path


@pytest.fixture(scope="session")
def real_locomo() -> Path:
    """The real locomo10.json."""
    return real_file("locomo10.json")


@pytest.fixture(scope="session", autouse=True)
def own_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no test see this machine's models of L, or values of earlier scorings.

    Threads of torch that have nothing to do sleep, because other tests run beside.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_WAIT_POLICY", "passive")
        for variable in ("LOCOMO_VQA_CACHE", "LOCOMO_VQA_L_MODELS"):
            patch.setenv(variable, str(tmp_path_factory.mktemp(variable.lower())))
        yield


@pytest.fixture(scope="session")
def run_commands(own_caches: None) -> Iterator[Commands]:
    """Runs commands that can be killed at any moment; see `tests.dying`."""
    with commands(
        "locomo_vqa.builders.build",
        "locomo_vqa.evaluators.ablation",
        "locomo_vqa.evaluators.scoring",
        "locomo_vqa.leaderboard",
        "huggingface_hub.repocard",
        "matplotlib.backends.backend_agg",
        "openai",
        "pandas",
        "pyarrow.parquet",
        "rich.table",
        "scipy.stats",
    ) as runner:
        yield runner


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Run `locomo-vqa` within this process, in `tmp_path`, and return what it did.

    It starts in a tenth of the time of a process, and is the same command line. Where the process
    itself matters, such as its signals, encodings, children and the variables that it reads when it
    starts, take `cli_process`.
    """

    def run(
        *args: str | Path, timeout: float = 120, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        forget_dialects()
        with run_within(tmp_path, environment) as streams:
            status = exit_status(list(map(str, args)))
        out, err = (stream.buffer.getvalue().decode() for stream in streams)
        return subprocess.CompletedProcess(args, status, out, err)

    return run


@contextmanager
def run_within(folder: Path, environment: dict[str, str]) -> Iterator[list[Stream]]:
    """Work in a folder with variables set; yield the standard output and error."""
    streams = [Stream(), Stream()]
    ending = signal.getsignal(signal.SIGTERM)
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(streams[0]),
        redirect_stderr(streams[1]),
    ):
        patch.chdir(folder)
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            yield streams
        finally:
            signal.signal(signal.SIGTERM, ending)


class Stream(io.TextIOWrapper):
    """Keeps what is written to it."""

    buffer: io.BytesIO

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)


def exit_status(arguments: list[str]) -> int:
    """Return the status with which the command line ends."""
    try:
        main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    except Exception:  # noqa: BLE001 - as in a process of its own
        traceback.print_exc()
    return 1


@pytest.fixture
def cli_process(tmp_path: Path) -> Cli:
    """Run `locomo-vqa` in a process of its own, in `tmp_path`, and return what it did."""

    def run(
        *args: str | Path, timeout: float = 120, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "locomo_vqa", *map(str, args)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(autouse=True)
def unknown_endpoints() -> None:
    """Let no test know what another one learned of an endpoint at the same port."""
    forget_dialects()
    endpoints_file().unlink(missing_ok=True)
