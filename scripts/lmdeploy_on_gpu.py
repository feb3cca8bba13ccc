"""Try lmdeploy on this machine's GPU, and print versions and tokens per second for the docs.

    python scripts/lmdeploy_on_gpu.py FOLDER [MODEL …] [--dry-run]

Makes a virtual environment in FOLDER with lmdeploy and this checkout (or uses the existing one),
and there, for each model, starts `lmdeploy serve api_server`, shows it images with known answers,
measures it, and, with the embedded model, builds the sample with it; then the same with the engine
in this process. MODEL is a name of the Hub or a folder; without any, `embedded`. Results are also
written to FOLDER/results.json. `--dry-run` prints the commands only. The environment variable
REQUESTS sets how many requests are measured.

The embedded models run on the PyTorch engine: their attention heads have 32 numbers, and TurboMind
has kernels for 64, 128, 192, 256 and 576.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VERSION = "0.18.0"
EMBEDDED = ROOT / "locomo_vqa" / "models" / "embedded" / "large"
REQUESTS = int(os.environ.get("REQUESTS", "256"))
IN_FLIGHT, WARM_UP = 32, 16
START_S = 1800
ENGINES = ("turbomind", "pytorch")


def install_commands(folder: Path) -> list[list[str]]:
    """Return the commands that make the environment."""
    python = str(folder / "bin" / "python")
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", "--quiet", f"lmdeploy=={VERSION}", str(ROOT)],
    ]


def server_command(python: str, model: str, engine: str, port: int) -> list[str]:
    """Return the command that serves a model under its own name."""
    command = [python, "-m", "lmdeploy", "serve", "api_server", path_of(model)]
    command += ["--model-name", model, "--backend", engine, "--enable-prefix-caching"]
    return [*command, "--server-name", "127.0.0.1", "--server-port", str(port)]


def path_of(model: str) -> str:
    """Return what lmdeploy calls a model."""
    return str(EMBEDDED) if model == "embedded" else model


def engines_for(model: str) -> tuple[str, ...]:
    """Return the engines to try a model on."""
    return ("pytorch",) if model == "embedded" else ENGINES


@contextmanager
def serving(model: str, engine: str, log: Path) -> Iterator[str]:
    """Start a server, and yield the model's name there once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = server_command(sys.executable, model, engine, port)
    print(shlex.join(command), flush=True)
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + START_S
        while not answers(f"http://127.0.0.1:{port}/health"):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"it did not start; see {log}")
            time.sleep(1)
        yield f"openai:http://127.0.0.1:{port}/v1?model={model}&key=none&in_flight={IN_FLIGHT}"
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def answers(url: str) -> bool:
    """Return whether a server answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


async def measure(spec: str) -> dict[str, Any]:
    """Return whether a model sees and follows a schema, and how fast it is."""
    from locomo_vqa.models.chat import ChatRequest
    from locomo_vqa.models.opening import open_model
    from locomo_vqa.models.probes import known_images, probe

    model = open_model(spec, timeout_s=600)
    images = known_images()
    requests = [
        ChatRequest(
            text=f"Describe the image in {n} words.", images=(images[n % 3],), max_tokens=64
        )
        for n in range(WARM_UP + REQUESTS)
    ]
    try:
        found = await probe(model, accept_blind=True)
        await asyncio.gather(*map(model.ask, requests[:WARM_UP]))
        begun = time.perf_counter()
        replies = await asyncio.gather(*map(model.ask, requests[WARM_UP:]))
        seconds = time.perf_counter() - begun
    finally:
        await model.close()
    read = sum(reply.usage.input_tokens or 0 for reply in replies)
    written = sum(reply.usage.output_tokens or 0 for reply in replies)
    return {
        "sees": found.sees,
        "schema": found.json_schema,
        "requests/s": round(REQUESTS / seconds, 1),
        "tokens read/s": round(read / seconds),
        "tokens written/s": round(written / seconds),
    }


def build_sample(spec: str, folder: Path) -> dict[str, Any]:
    """Build the sample with a model, and compare the questions with the embedded runtime's."""
    import locomo_vqa as lv

    questions = []
    for name, generator in (("here", spec), ("embedded", "embedded:large")):
        build = lv.build(
            "sample", work=folder / f"{name}-work", out=folder / name, generator=generator
        )
        rows = build.questions or ()
        questions.append({(row.id, row.question, row.answer) for row in rows if row.question})
    here, embedded = questions
    return {"questions": len(here), "as the embedded runtime": len(here & embedded)}


def versions() -> dict[str, str]:
    """Return what the results depend on."""
    import lmdeploy
    import torch
    import transformers

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return {
        "GPU": gpu,
        "lmdeploy": lmdeploy.__version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def attempt(name: str, spec: str, folder: Path) -> dict[str, Any]:
    """Return all results for one way to reach a model."""
    row: dict[str, Any] = {"model": name}
    row |= asyncio.run(measure(spec))
    if name.startswith("embedded"):
        row |= build_sample(spec, folder)
    return row


def try_all(folder: Path, models: list[str]) -> None:
    """Try each model on each of its engines, behind a server and in process."""
    rows: list[dict[str, Any]] = []
    for model in models:
        for engine in engines_for(model):
            work = folder / "results" / f"{model.replace('/', '_')}-{engine}"
            work.mkdir(parents=True, exist_ok=True)
            name = f"{model}, {engine}"
            try:
                with serving(model, engine, work / "server.log") as spec:
                    rows.append(attempt(f"{name}, api_server", spec, work / "server"))
                spec = f"lmdeploy:{path_of(model)}?engine={engine}&batch={IN_FLIGHT}"
                rows.append(attempt(f"{name}, in process", spec, work / "process"))
            except Exception as error:  # noqa: BLE001 - what fails on a GPU is a result, too
                rows.append({"model": name, "failed": f"{type(error).__name__}: {error}"[:300]})
            print(json.dumps(rows[-1]), flush=True)
    results = {"versions": versions(), "rows": rows}
    (folder / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    print(as_markdown(results))


def as_markdown(results: dict[str, Any]) -> str:
    """Return the results as a table for the docs."""
    columns = list(dict.fromkeys(key for row in results["rows"] for key in row))
    lines = [", ".join(f"{key} {value}" for key, value in results["versions"].items()), ""]
    lines += [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    for row in results["rows"]:
        lines.append(f"| {' | '.join(str(row.get(key, '')) for key in columns)} |")
    return "\n".join(lines)


def main() -> None:
    """Make the environment, and go on in it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*", metavar="model", default=["embedded"])
    parser.add_argument("--dry-run", action="store_true", help="print the commands only")
    given = parser.parse_args()
    folder, models = given.folder.absolute(), given.models
    python = folder / "bin" / "python"
    if given.dry_run:
        for command in install_commands(folder):
            print(shlex.join(command))
        for model in models:
            for engine in engines_for(model):
                print(shlex.join(server_command(str(python), model, engine, 23333)))
        return
    if Path(sys.prefix) != folder:
        if not python.exists():
            for command in install_commands(folder):
                subprocess.run(command, check=True)
        os.execv(python, [str(python), __file__, str(folder), *models])
    try_all(folder, models)


if __name__ == "__main__":
    main()
