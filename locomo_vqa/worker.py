"""Hosts a memory system in any interpreter from Python 3.8: one file, the standard library only.

The harness starts it in the system's own environment and sends it JSON lines. Requests are
`{"id", "call", …}` with the arguments of that call; replies are `{"id", "result"}` or
`{"id", "error": {"state", "reason", "unreachable"}, "traceback"}`. The calls are the methods of a
memory system, and `start`, which imports it. Requests arrive on the original standard input, and
replies leave on the original standard output; both are replaced for the system, so that nothing
that it or its processes print gets between replies.

A dataclass travels as `{"$": <class>, "fields": {…}}`. If the toolkit can be imported, the
system gets its classes, otherwise plain dataclasses with the same attributes.

An answer is checked here, wherever the system runs: it is a string, or an object or a dict with
`text` and optionally `refused`, `confidence`, `retrieved`, `usage`, and `context_tokens`. Numbers
of numpy and similar types become plain ones, a score that is not finite and an impossible count
become unknown, and lone surrogates are replaced. Anything else is refused with the name of the
field.
"""

from __future__ import annotations

import sys

# When this file runs as a script, the toolkit's own modules would hide the system's.
if __name__ == "__main__" and sys.path and sys.path[0] == __file__[: -len("/worker.py")]:
    del sys.path[0]

import hashlib
import importlib
import inspect
import json
import math
import os
import re
import traceback
from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = [
    "MAX_ANSWER_CHARS",
    "MAX_HITS",
    "STAGES",
    "address_for_stage",
    "call_answer_visual",
    "call_optional",
    "call_search",
    "describe",
    "describe_environment",
    "failure_of",
    "plain_answer",
    "plain_hits",
]

MAX_ANSWER_CHARS = 1_000_000
"""The longest answer; the longest in published result files has 191,238 characters."""

_ROUNDING = 1e-6
"""How far rounding may put a confidence outside of its range."""

MAX_HITS = 10_000
"""The most passages for one answer: a generator may have no end."""

MAX_REPLY_BYTES = 32 << 20
"""The longest reply: passages may be long, and there may be many."""

_MOST_TOKENS = 1 << 53
"""Larger counts become unknown, as some readers of JSON can't represent them."""

_MOST_CHARACTERS = 2000
_MOST_TRACEBACK = 20_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHA256 = re.compile("[0-9a-f]{64}")
_USAGE = ("input_tokens", "output_tokens", "calls")
_TIMEOUTS = (
    ("builtins", "TimeoutError"),
    ("asyncio", "TimeoutError"),
    ("concurrent.futures", "TimeoutError"),
    ("socket", "timeout"),
    ("locomo_vqa.models.chat", "ModelTimeout"),
)
"""Classes of errors that mean a timeout; the first four are the same class from Python 3.11 on."""

_UNREACHABLE = (("locomo_vqa.models.chat", "ModelUnreachable"),)
_DENIED = (("locomo_vqa.models.chat", "ModelDenied"),)
_MISSING = (("locomo_vqa.errors", "MissingResource"),)

if TYPE_CHECKING:
    Row = dict[str, Any]


# What a system answers


def plain_answer(returned: object) -> Row:
    """Return an answer as `{text, refused, confidence, retrieved, usage}` of plain values.

    `context_tokens` is there if the system counted them.

    Raises:
        TypeError: it, or a field of it, has the wrong type.
        ValueError: it is too long, or its confidence is not from 0 to 1.
    """
    answer = {"text": returned} if isinstance(returned, str) else returned
    if not _has_field(answer, "text"):
        raise TypeError(f"the system answered with {_type(returned)}, not with text")
    text = _text(_get_field(answer, "text"), "the answer's text")
    if len(text) > MAX_ANSWER_CHARS:
        raise ValueError(f"the answer has {len(text):,} characters, over {MAX_ANSWER_CHARS:,}")
    row: Row = {
        "text": text,
        "refused": _as_flag(_get_field(answer, "refused", False), "refused"),
        "confidence": _share(_get_field(answer, "confidence", None), "confidence"),
        "retrieved": plain_hits(_get_field(answer, "retrieved", None), "retrieved"),
        "usage": _usage(_get_field(answer, "usage", None)),
    }
    handed_over = _count(_get_field(answer, "context_tokens", None), "context_tokens")
    return row if handed_over is None else {**row, "context_tokens": handed_over}


def plain_hits(value: Any, field: str, *, texts: bool = False) -> list[Row]:
    """Return retrieved passages as `{text, score, turn}`, and `turns` and `sessions` if given.

    `texts` allows bare ones.

    Raises:
        TypeError: one is not a passage.
        ValueError: there are too many.
    """
    if value is None:
        return []
    if isinstance(value, (str, bytes, dict)) or not isinstance(value, Iterable):
        raise _wrong_type(value, field, "a sequence of Hit")
    hits = list(islice(value, MAX_HITS + 1))
    if len(hits) > MAX_HITS:
        raise ValueError(f"{field} has more than {MAX_HITS:,} passages")
    return [
        _hit({"text": hit} if texts and isinstance(hit, str) else hit, f"{field}[{n}]")
        for n, hit in enumerate(hits)
    ]


def _hit(value: Any, field: str) -> Row:
    if not _has_field(value, "text"):
        raise _wrong_type(value, field, "a Hit")
    turn = _get_field(value, "turn", None)
    row: Row = {
        "text": _text(_get_field(value, "text"), field + ".text"),
        "score": _number(_get_field(value, "score", None), field + ".score"),
        "turn": None if turn is None else _text(turn, field + ".turn"),
    }
    for name, read in (("turns", _text), ("sessions", _session)):
        items = _items(_get_field(value, name, None), f"{field}.{name}")
        if items:
            row[name] = [read(item, f"{field}.{name}[{n}]") for n, item in enumerate(items)]
    return row


def _items(value: Any, field: str) -> list[Any]:
    """Return what a passage comes from as a list; None is an empty one."""
    if value is None or (type(value) is tuple and not value):
        return []
    if isinstance(value, (str, bytes, dict)) or not isinstance(value, Iterable):
        raise _wrong_type(value, field, "a list")
    items = list(islice(value, MAX_HITS + 1))
    if len(items) > MAX_HITS:
        raise ValueError(f"{field} has more than {MAX_HITS:,} entries")
    return items


def _session(value: Any, field: str) -> int:
    number = None if isinstance(value, bool) else _count(value, field)
    if not number:
        raise TypeError(f"{field} must be the number of a session, from 1")
    return number


def _usage(value: Any) -> Row | None:
    if value is None:
        return None
    if not any(_has_field(value, name) for name in _USAGE) and value != {}:
        raise _wrong_type(value, "usage", "a Usage")
    return {name: _count(_get_field(value, name, None), "usage." + name) for name in _USAGE}


def _has_field(value: Any, name: str) -> bool:
    return name in value if isinstance(value, dict) else hasattr(value, name)


def _get_field(value: Any, name: str, *default: Any) -> Any:
    if isinstance(value, dict):
        return value.get(name, *default) if default else value[name]
    return getattr(value, name, *default)


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise _wrong_type(value, field, "a string")
    return _clean_text(str.__str__(value))


def _as_flag(value: Any, field: str) -> bool:
    if not hasattr(type(value), "__bool__"):
        raise _wrong_type(value, field, "true or false")
    return bool(value)


def _number(value: Any, field: str) -> float | None:
    """Return a plain number, or None if it is unknown or not finite."""
    if value is None:
        return None
    if not hasattr(type(value), "__float__") and not hasattr(type(value), "__index__"):
        raise _wrong_type(value, field, "a number")
    try:
        number = float(value)
    except OverflowError:
        return None
    except (TypeError, ValueError):
        raise _wrong_type(value, field, "a number") from None
    return number if math.isfinite(number) else None


def _share(value: Any, field: str) -> float | None:
    """Return a number from 0 to 1, or None if it is unknown or not finite."""
    number = _number(value, field)
    if number is None:
        return None
    if not -_ROUNDING <= number <= 1 + _ROUNDING:
        raise ValueError(f"{field} must be from 0 to 1, not {number:g}")
    return min(1.0, max(0.0, number))


def _count(value: Any, field: str) -> int | None:
    """Return a whole number of at least 0, or None for any other number."""
    number = _number(value, field)
    if number is None or number < 0 or number > _MOST_TOKENS or number != int(number):
        return None
    return int(number)


def _wrong_type(value: Any, field: str, wanted: str) -> TypeError:
    return TypeError(f"{field} is of type {_type(value)}, not {wanted}")


def _type(value: Any) -> str:
    return type(value).__name__


def _clean_text(text: str) -> str:
    """Return a text that UTF-8 can hold: lone surrogates become U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


# What a system may leave out


def call_optional(system: Any, name: str) -> None:
    """Call `flush` or `close`, which a system may leave out."""
    method = getattr(system, name, None)
    if method is not None:
        method()


def call_answer_visual(system: Any, question: str, image: Any, now: Any, *, recalled: Any) -> Any:
    """Ask about an image; a system without `answer_visual` is asked with `answer`.

    `recalled` is passed if the method has a parameter of that name.
    """
    method = getattr(system, "answer_visual", None)
    if method is None:
        return system.answer(question, now=now)
    return method(question, image=image, now=now, **_hint(method, recalled))


def call_search(system: Any, query: str, k: int, now: Any, *, recalled: Any) -> Any:
    """Ask for passages; `recalled` is passed if the method has a parameter of that name."""
    return system.search(query, k, now, **_hint(system.search, recalled))


def _hint(method: Any, recalled: Any) -> Row:
    try:
        names = inspect.signature(method).parameters
    except (TypeError, ValueError):  # It is not written in Python.
        return {}
    return {"recalled": recalled} if "recalled" in names else {}


# How a call fails


def failure_of(error: BaseException) -> Row:
    """Return an exception as `{state, reason, unreachable}`, with `denied` or `missing` if true.

    The state is `timeout` or `error`, the reason the exception's type and message in at most 2,000
    characters; `unreachable` says whether the toolkit's `ModelUnreachable` caused it, `denied`
    whether its `ModelDenied` did, and `missing` whether it is the toolkit's `MissingResource`.
    """
    timeout = isinstance(error, _imported_classes(_TIMEOUTS))
    return {
        "state": "timeout" if timeout else "error",
        "reason": _clean_text(f"{_type(error)}: {_error_text(error)}")[:_MOST_CHARACTERS],
        "unreachable": _came_of(error, _imported_classes(_UNREACHABLE)),
        **({"denied": True} if _came_of(error, _imported_classes(_DENIED)) else {}),
        **({"missing": True} if isinstance(error, _imported_classes(_MISSING)) else {}),
    }


def _error_text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - any __str__ may be called
        return "its message can't be shown"


def _imported_classes(names: Iterable[tuple[str, str]]) -> tuple[type, ...]:
    """Return the classes whose module is imported; others have no instances."""
    found = [getattr(sys.modules.get(module), name, None) for module, name in names]
    return tuple(kind for kind in found if isinstance(kind, type))


def _came_of(error: BaseException | None, kinds: tuple[type, ...]) -> bool:
    """Return whether an error, or any other in its chain, is of these classes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, kinds):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


# What a system declares


def describe(found: type) -> Row:
    """Return what a system's class declares, in plain values.

    `prompt_sha256` is None if the class does not declare it, and "" if it is not a SHA-256.
    """
    digits = getattr(found, "prompt_sha256", None)
    if digits is not None:
        digits = digits.lower() if isinstance(digits, str) else ""
        digits = digits if _SHA256.fullmatch(digits) else ""
    version = getattr(found, "version", None)
    return {
        "name": _clean_text(found.__name__),
        "version": _clean_text(str.__str__(version)) if isinstance(version, str) else None,
        "uses_images": bool(getattr(found, "uses_images", True)),
        "uses_model": bool(getattr(found, "uses_model", True)),
        "any_model": bool(getattr(found, "any_model", False)),
        "prompt_sha256": digits,
        "methods": [name for name in METHODS if callable(getattr(found, name, None))],
    }


METHODS = ("open", "add", "flush", "answer", "answer_visual", "search", "close")
"""The methods of a system that may be called."""


# How a system's calls are counted


STAGES = ("extraction", "update", "generation", "judge", "vision", "embedding", "llm")
"""The stages whose calls can be counted separately."""

_METERED_URL = re.compile(r"(http://127\.0\.0\.1:\d+/c/[^/]+)/[a-z]+/v1")


def address_for_stage(base_url: str, stage: str) -> str:
    """Return the address that counts calls under a stage, if it is the metering proxy's.

    Raises:
        ValueError: the stage is not one of `STAGES`.
    """
    if stage not in STAGES:
        raise ValueError(f"{stage!r} is not a stage; the stages are {', '.join(STAGES)}")
    found = _METERED_URL.fullmatch(base_url)
    return f"{found[1]}/{stage}/v1" if found else base_url


def _llm_for(self: Any, stage: str) -> Any:
    """Return `llm` with the address for a stage: the method `Services.llm_for` of plain classes."""
    import dataclasses

    if self.llm is None:
        return None
    return dataclasses.replace(self.llm, base_url=address_for_stage(self.llm.base_url, stage))


# What a system runs on


def describe_environment(system: Any = None) -> Row:
    """Return the interpreter, the installed distributions, and the loaded modules' own files.

    Modules of the standard library, of installed distributions and of the toolkit are left out, so
    what remains is the system's own code: its SHA-256 by module name. `embedder` is what an opened
    system says of its embedder; None if it says nothing.
    """
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "implementation": sys.implementation.name,
        "platform": sys.platform,
        "distributions": dict(sorted(_distributions().items())),
        "modules": dict(sorted(_own_modules())),
        "files": dict(sorted(_READ.hashes())),
        "written": _READ.written(),
        "embedder": _embedder_of(system),
    }


_FACT = re.compile("^(Name|Version):[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)


def _distributions() -> dict[str, str]:
    """Return the version of each installed distribution by its normalized name.

    Only the two lines are read: parsing all metadata of an environment takes a tenth of a second.
    """
    from importlib import metadata

    versions: dict[str, str] = {}
    for found in metadata.distributions():
        if _is_carried(Path(str(found.locate_file("")))):
            continue
        text = next(filter(None, map(found.read_text, ("METADATA", "PKG-INFO", ""))), "")
        head = re.split("^$", text, maxsplit=1, flags=re.MULTILINE)[0]
        facts = {field.lower(): value.strip() for field, value in reversed(_FACT.findall(head))}
        if "name" in facts:
            key = re.sub(r"[-_.]+", "-", facts["name"]).lower()
            versions.setdefault(_clean_text(key), _clean_text(str(facts.get("version"))))
    return versions


def _is_carried(folder: Path) -> bool:
    """Return whether a folder on the path is a part of an installed package.

    Some packages carry others, and put their folder on the path when they are imported: Ray's
    `thirdparty_files`, setuptools' `_vendor`. That changes no installation.
    """
    return any(parent.name in ("site-packages", "dist-packages") for parent in folder.parents)


EMBEDDER_FACTS = ("name", "model", "revision", "sha256")
"""What a system's `embedder_record` may have: the embedder's name, the model that its server named,
the revision of a snapshot, and the SHA-256 of its weights."""


def _embedder_of(system: Any) -> Row | None:
    """Return a system's `embedder_record`, without what is not a short text."""
    try:
        found = dict(getattr(system, "embedder_record", None) or {})
    except Exception:  # noqa: BLE001 - a system may compute it
        return None
    facts = {name: found[name] for name in EMBEDDER_FACTS if isinstance(found.get(name), str)}
    row = {name: _clean_text(text)[:300] for name, text in facts.items() if text}
    return row if "name" in row else None


class _FilesRead:
    """The files beside a system's module that it reads, such as prompts and settings."""

    _SUFFIXES = (
        *(".txt", ".md", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".ini", ".cfg"),
        *(".jinja", ".jinja2", ".j2", ".prompt", ".tmpl", ".template"),
    )
    _CACHES = ("LOCOMO_VQA_CACHE", "HF_HOME", "HF_HUB_CACHE", "TORCH_HOME", "HOME", "TMPDIR")
    """Variables that name folders whose files are not the system's code."""
    _MOST_FILES = 1000
    _MOST_BYTES = 64 << 20

    def __init__(self) -> None:
        self._folder = ""
        self._caches: tuple[str, ...] = ()
        self._read: set[str] = set()
        self._written: set[str] = set()

    def watch(self, folder: str) -> None:
        """Watch a folder from now on; a process can't stop to watch."""
        self._folder = str(Path(folder).resolve()).rstrip(os.sep) + os.sep
        named = (os.environ.get(name) for name in self._CACHES)
        paths = [os.path.join(path, "") for path in named if path]  # noqa: PTH118
        self._caches = tuple(path for path in paths if path.startswith(self._folder))
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: Any) -> None:
        if event != "open" or len(arguments) != 3 or not isinstance(arguments[0], str):
            return
        name, _, flags = arguments
        if name.endswith(self._SUFFIXES) and len(self._read) < self._MOST_FILES:
            path = os.path.abspath(name)  # noqa: PTH100 - links stay, and it is called often
            if path.startswith(self._folder) and not path.startswith(self._caches):
                writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
                (self._written if writes else self._read).add(path)

    def hashes(self) -> Iterable[tuple[str, str]]:
        """Yield the SHA-256 of each file that was only read, by its path in the folder."""
        for path in sorted(self._read - self._written):
            try:
                if Path(path).stat().st_size <= self._MOST_BYTES:
                    digits = hashlib.sha256(Path(path).read_bytes()).hexdigest()
                    yield _clean_text(path[len(self._folder) :].replace(os.sep, "/")), digits
            except OSError:
                continue

    def written(self) -> list[str]:
        """Return the files that were written, by their paths in the folder."""
        names = (path[len(self._folder) :].replace(os.sep, "/") for path in self._written)
        return sorted(map(_clean_text, names))


_READ = _FilesRead()


def _own_modules() -> Iterable[tuple[str, str]]:
    import sysconfig

    paths = sysconfig.get_paths()
    installed = tuple(paths[name] + os.sep for name in ("stdlib", "platstdlib"))
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.endswith(".py") or file.startswith(installed):
            continue
        if name.partition(".")[0] in ("__main__", "__mp_main__", "locomo_vqa"):
            continue
        if not {"site-packages", "dist-packages"}.intersection(Path(file).parts):
            try:
                digits = hashlib.sha256(Path(file).read_bytes()).hexdigest()
            except OSError:
                continue
            yield _clean_text(name), digits


# The types that a system is given


class _Types:
    """Builds what was sent, of the toolkit's classes or of plain ones with the same attributes."""

    def __init__(self) -> None:
        self._toolkit: ModuleType | None = None
        self._own = ModuleType("locomo_vqa_types")
        sys.modules[self._own.__name__] = self._own  # So that what they make can be pickled.

    def use_toolkit(self, version: str) -> None:
        """Use the toolkit's classes if the harness's version can be imported here."""
        try:
            if importlib.import_module("locomo_vqa").__version__ == version:
                self._toolkit = importlib.import_module("locomo_vqa.system")
        except Exception:  # noqa: BLE001 - it may need a later Python
            self._toolkit = None

    def build(self, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(self.build(item) for item in value)
        if not isinstance(value, dict):
            return value
        name = value.get("$")
        if name == "datetime":
            return datetime.fromisoformat(value["value"])
        if name == "date":
            return date.fromisoformat(value["value"])
        if name == "Path":
            return Path(value["value"])
        inner = value["fields"] if name else value
        fields = {key: self.build(item) for key, item in inner.items()}
        return self._class(name, list(fields))(**fields) if name else fields

    def _class(self, name: str, fields: list[str]) -> Callable[..., Any]:
        found = getattr(self._toolkit, name, None) or getattr(self._own, name, None)
        if found is None:
            import dataclasses

            methods = {"llm_for": _llm_for} if name == "Services" else {}
            found = dataclasses.make_dataclass(name, fields, frozen=True, namespace=methods)
            found.__module__ = self._own.__name__
            setattr(self._own, name, found)
        made: Callable[..., Any] = found
        return made


# The process


class _Worker:
    """One system and one conversation, which the harness calls."""

    def __init__(self) -> None:
        self._types = _Types()
        self._class: type | None = None
        self._system: Any = None

    def call(self, name: str, arguments: Row) -> Any:
        return getattr(self, "_" + name)(**arguments)

    def _start(self, system: str, paths: list[str], folder: str, version: str) -> Row:
        """Import a `module:Class`; `paths` is the harness's own path, if it is this interpreter."""
        if paths:
            sys.path[:] = paths
        self._types.use_toolkit(version)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        if not system.startswith("locomo_vqa."):
            _READ.watch(folder)
        module_name, _, class_name = system.partition(":")
        try:
            module = importlib.import_module(module_name)
        except BaseException as error:  # noqa: BLE001 - also sys.exit
            return {"missing": "module", "reason": failure_of(error)["reason"]}
        found = getattr(module, class_name, None)
        if not isinstance(found, type):
            return {"missing": "class", "reason": ""}
        self._class = found
        return describe(found)

    def _environment(self) -> Row:
        return describe_environment(self._system)

    def _open(self, conversation: Any, workdir: Any, services: Any) -> None:
        """Begin; the work folder becomes the working directory."""
        assert self._class is not None
        self._system = self._class()
        build = self._types.build
        folder = build(workdir)
        os.chdir(str(folder))
        self._system.open(build(conversation), folder, build(services))

    def _add(self, turns: Any) -> None:
        self._system.add(self._types.build(turns))

    def _flush(self) -> None:
        call_optional(self._system, "flush")

    def _answer(self, question: str, now: Any) -> Row:
        return plain_answer(self._system.answer(question, now=self._types.build(now)))

    def _answer_visual(self, question: str, image: Any, now: Any, recalled: Any) -> Row:
        build = self._types.build
        return plain_answer(
            call_answer_visual(
                self._system, question, build(image), build(now), recalled=build(recalled)
            )
        )

    def _search(self, query: str, k: int, now: Any, recalled: Any) -> list[Row]:
        build = self._types.build
        hits = call_search(self._system, query, k, build(now), recalled=build(recalled))
        return plain_hits(hits, "the hits", texts=True)

    def _close(self) -> None:
        call_optional(self._system, "close")


def _claim_streams() -> tuple[Any, int]:
    """Return the stream of requests and the descriptor for replies, which only this process has."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return requests, replies


def _reply(worker: _Worker, request: Row) -> bytes:
    """Answer a request; a process that the call forked ends here if it returns."""
    owner = os.getpid()
    number = request.pop("id")
    try:
        row = {"id": number, "result": worker.call(request.pop("call"), request)}
        line = json.dumps(row).encode("ascii")
        if len(line) > MAX_REPLY_BYTES:
            raise ValueError(f"the reply is larger than {MAX_REPLY_BYTES >> 20} MiB")
    except BaseException as error:  # noqa: BLE001 - also sys.exit and cancelled tasks
        failed = {"id": number, "error": failure_of(error), "traceback": traceback_of(error)}
        line = json.dumps(failed).encode("ascii")
    finally:
        if os.getpid() != owner:
            os._exit(0)
    return line + b"\n"


def traceback_of(error: BaseException) -> str:
    """Return the end of an error's traceback."""
    try:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except BaseException:  # noqa: BLE001 - any __str__ may be called
        return ""
    return _clean_text(text[-_MOST_TRACEBACK:])


def main() -> None:
    """Answer requests until the stream ends."""
    requests, replies = _claim_streams()
    worker = _Worker()
    for request in requests:
        line = memoryview(_reply(worker, json.loads(request)))
        while line:
            line = line[os.write(replies, line) :]


if __name__ == "__main__":
    main()
