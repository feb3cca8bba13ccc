"""Readers of foreign files, called directly: a thousand tries take as long as ten commands."""

from __future__ import annotations

import json
import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.images.mirror import ImageMirror
from locomo_vqa.builders.importing import read_errata
from locomo_vqa.builders.recipe import load_recipe
from locomo_vqa.builders.review.decisions import read_decisions
from locomo_vqa.builders.spending.calls import read_build_calls
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators import third_party
from locomo_vqa.evaluators.prediction_files import read_prediction_file
from locomo_vqa.evaluators.proxy.ledger import read_calls
from locomo_vqa.evaluators.proxy.recordings import Recordings
from locomo_vqa.evaluators.report.calls import read_call_groups
from locomo_vqa.evaluators.third_party.recipe import read_recipe
from locomo_vqa.images import ImageRejection, decode_upright, for_model, inspect_image
from locomo_vqa.leaderboard.board import read_board
from locomo_vqa.leaderboard.entry_files.metadata import parse_metadata
from locomo_vqa.leaderboard.entry_files.plain_files import read_plain
from locomo_vqa.leaderboard.entry_files.published import read_source
from locomo_vqa.leaderboard.entry_files.rows import check_rows
from locomo_vqa.leaderboard.history.events import read_history
from locomo_vqa.leaderboard.verification.examine import read_run_file
from locomo_vqa.locomo import read_locomo
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.models.safetensors_header import read_header
from locomo_vqa.prices import read_prices
from locomo_vqa.responses import ResponseStore
from locomo_vqa.runs import Usage, read_predictions, read_run

__all__ = ["READERS", "write_more"]

SAMPLE = load_benchmark("sample")


def _image(path: Path) -> None:
    data = path.read_bytes()
    facts = inspect_image(data)
    if isinstance(facts, ImageRejection):
        assert facts.detail
    for read in (decode_upright, for_model):
        try:
            read(data)
        except InputError:
            assert read is for_model or isinstance(facts, ImageRejection)


def _header(path: Path) -> None:
    try:
        read_header(path)
    except ValueError as error:
        raise InputError(f"{path}: {error}.", "Get it again.") from None


def _store(path: Path) -> None:
    with ResponseStore(path) as store:
        for number in range(9):
            store.get({"model": "m"}, ChatRequest(text=f"q{number % 6}"))
        store.put({"model": "m"}, ChatRequest(text="q7"), _reply("x"))
        len(store)


def _board(path: Path) -> None:
    read_board(path.parent).question_scores()


Reader = Callable[[Path], Any]
READERS: dict[str, tuple[str, Reader]] = {
    "predictions": ("predictions/*", lambda path: read_prediction_file(path, SAMPLE)),
    "our predictions": ("predictions/ours.jsonl", read_predictions),
    "LoCoMo": ("locomo.*", read_locomo),
    "errata": ("errata.json", read_errata),
    "a benchmark": ("bench/*.json*", lambda path: load_benchmark(path.parent)),
    "a published data set": ("published/*.*", lambda path: load_benchmark(path.parent)),
    "a run": ("part/*.json*", lambda path: read_run(path.parent)),
    "the calls of a run": ("calls/calls.jsonl", lambda path: list(read_calls(path))),
    "the calls of a report": ("calls/calls.jsonl", read_call_groups),
    "metadata": (
        "entry/metadata.yaml",
        lambda path: parse_metadata(read_plain(path), path=path),
    ),
    "rows": ("entry/predictions.jsonl", lambda path: check_rows(path.parent)),
    "a manifest": ("entry/run.json", lambda path: read_run_file(path.parent)),
    "a history": ("entry/day.history.yaml", read_history),
    "a source": ("entry/source.yaml", lambda path: read_source(path.parent)),
    "a board": ("board/*.*", _board),
    "a build's recipe": ("recipe.toml", load_recipe),
    "a system's recipe": ("system.toml", read_recipe),
    "prices": ("prices.toml", read_prices),
    "decisions": ("decisions.jsonl", read_decisions),
    "calls of a build": ("build_calls.jsonl", lambda path: list(read_build_calls(path))),
    "a mirror's list": ("mirror/mirror.jsonl", lambda path: ImageMirror(path.parent)),
    "images": ("images/*", _image),
    "a header of weights": ("a.safetensors", _header),
    "stored replies": ("r.sqlite", _store),
    "recorded replies": ("recorded.sqlite", lambda path: Recordings(path).close()),
}


def _reply(text: str) -> ChatReply:
    return ChatReply(text=text, finish="stop", usage=Usage(calls=1))


def write_more(folder: Path) -> None:
    """Write the files that no command of `foreign` reads, beside those that they read."""
    _write_images(folder / "images")
    entry = folder / "entry"
    shutil.copytree(folder / "subs" / "bm25__none" / "2026-01-01", entry)
    shutil.copyfile(folder / "subs/bm25__none/2026-01-01.history.yaml", entry / "day.history.yaml")
    shutil.copyfile(folder / "subs/elsewhere__gpt/2026-01-05/source.yaml", entry / "source.yaml")
    with ResponseStore(folder / "r.sqlite") as store:
        for number in range(6):
            store.put({"model": "m"}, ChatRequest(text=f"q{number}"), _reply(f"a{number}" * 900))
    Recordings(folder / "recorded.sqlite").close()
    header = {
        "__metadata__": {"format": "pt"},
        **{
            f"layer.{number}": {
                "dtype": "F32", "shape": [2, 2], "data_offsets": [16 * number, 16 * number + 16],
            }
            for number in range(4)
        },
    }  # fmt: skip
    _lines(folder / "calls.jsonl", [_CALL] * 4)
    (folder / "calls").mkdir()
    (folder / "calls.jsonl").rename(folder / "calls" / "calls.jsonl")
    _lines(folder / "build_calls.jsonl", [_BUILD_CALL] * 4)
    _lines(folder / "decisions.jsonl", [{**_DECISION, "id": f"q{n}"} for n in range(4)])
    recipe = Path(third_party.__file__).with_name("recipes") / "langmem.toml"
    shutil.copyfile(recipe, folder / "system.toml")
    text = json.dumps(header).encode()
    (folder / "a.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(64))


def _lines(path: Path, rows: list[Any]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


_CALL = {
    **{"time": "2026-01-01T00:00:00Z", "conversation": "conv-1", "stage": "add", "method": "POST"},
    **{"path": "/v1/chat/completions", "provider": "h:80", "model": "m", "status": 200},
    **{"outcome": "ok", "stream": False, "replayed": False, "counted": "usage"},
    **{"input_tokens": 3, "cached_tokens": None, "output_tokens": 2, "latency_ms": 5.0},
    **{"first_byte_ms": 4.0, "request_bytes": 10, "reply_bytes": 20, "temperature": 0.0},
    **{"seed": None, "instructions_sha256": "0" * 64, "images": 0, "text_bytes": 5},
    **{"answered": "m", "request_sha256": "1" * 64},
}
_BUILD_CALL = {
    **{"time": "2026-01-01T00:00:00Z", "stage": "probe", "role": "generator", "model": "m"},
    **{"provider": "h:80", "outcome": "ok", "input_tokens": 1, "output_tokens": None},
    **{"seconds": 0.5, "images": 1},
}
_DECISION = {
    **{"id": "q", "about": "0" * 64, "decision": "accept", "question": None, "answer": None},
    "time": "2026-01-01T00:00:00Z",
}


def _write_images(folder: Path) -> None:
    """Write small images in every format and mode that the toolkit reads, with notes."""
    folder.mkdir()
    noise = random.Random(3).randbytes(3 * 40 * 30)
    drawn = Image.frombytes("RGB", (40, 30), noise)
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, options in {
        "a.jpg": {"exif": exif},
        "progressive.jpg": {"progressive": True, "quality": 95},
        "a.png": {},
        "a.webp": {},
        "lossless.webp": {"lossless": True},
        "a.gif": {},
        "a.bmp": {},
    }.items():
        drawn.save(folder / name, **options)
    drawn.convert("CMYK").save(folder / "cmyk.jpg")
    drawn.convert("P").save(folder / "palette.png", transparency=3)
    drawn.convert("LA").save(folder / "grey.png")
    frames = [drawn.rotate(90 * turn) for turn in range(3)]
    frames[0].save(folder / "many.gif", save_all=True, append_images=frames[1:])
    frames[0].save(folder / "many.webp", save_all=True, append_images=frames[1:])
