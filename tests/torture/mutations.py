"""Changes a good file in one of the ways in which files go wrong, or are made to."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

__all__ = ["mutate"]

_RAW = "\x01raw "
"""Begins a string that stands for a text that isn't JSON, or is JSON of which none is written."""

_DEEP = 150

NASTY: Sequence[Any] = (
    None, True, False, 0, -1, 0.5, -0.0, 1e308, 2**63, -(2**31), [], {}, [[]], [None], {"": None},
    "", " ", "0", "x", "\0", "\ufeff", "\u202e", "\n", "é", "e\u0301", "😀", "x" * 70_000,
    "../../x", "/", "~", "con-1", "2021-02-30", "9999-12-31T23:59:59+14:00", "0001-01-01", "NaN",
    "http://[", "http://h:99999/", "openai:x", "sha256:", "f" * 64, "1" * 5_000, "__class__",
    *(
        _RAW + text
        for text in (
            "NaN", "-Infinity", "1e999", "-1e999", "9" * 301, "1" + "0" * 299, '"\\ud800"',
            '"\\udfff\\ud800"', '"\\u0000"', "[" * _DEEP + "]" * _DEEP,
            '{"a":' * 99 + "1" + "}" * 99,
            '{"a":1,"a":2}', "'x'", "", "1.", "01", "tru", '"', "{", '"\t"',
        )
    ),
)  # fmt: skip
"""What takes the place of a value."""


def mutate(data: bytes, name: str, rng: Random) -> bytes:
    """Return another content of a file with this name, which is mostly still nearly right."""
    kind = name.rpartition(".")[2]
    structural = _BY_KIND.get(kind)
    if structural is not None and rng.random() < 0.75:
        return structural(data, rng)
    return rng.choice(_BYTES)(data, rng)


def _flip(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data or b"\0")
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _flip_in_the_head(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data or b"\0")
    for _ in range(rng.choice((1, 2, 4))):
        changed[rng.randrange(min(64, len(changed)))] = rng.choice((0, 1, 127, 128, 255))
    return bytes(changed)


def _cut(data: bytes, rng: Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _cut_out(data: bytes, rng: Random) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[min(end, start + rng.choice((1, 10, 10**9))) :]


def _repeat(data: bytes, rng: Random) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start:]


def _insert(data: bytes, rng: Random) -> bytes:
    place = rng.choice((0, len(data), rng.randrange(len(data) + 1)))
    added = rng.choice(
        (b"\0", b"\0" * 5000, b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"\r", b"\x1a", b"\x85")
    )
    return data[:place] + added + data[place:]


def _instead(data: bytes, rng: Random) -> bytes:
    return rng.choice(
        (b"", b"\n", b"\0" * 100, b"null", b"[]", b"{}", b"[" * 50_000, b"\x89PNG\r\n\x1a\n", b"PK")
    )


def _in_another_coding(data: bytes, rng: Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return rng.choice(
        (
            text.encode("utf-16"),
            text.encode("utf-32"),
            text.encode("latin-1", "replace"),
            gzip.compress(data, mtime=0),
            text.replace("\n", "\r\n").encode(),
        )
    )


_BYTES = (_flip, _flip_in_the_head, _cut, _cut_out, _repeat, _insert, _instead, _in_another_coding)


def _json(data: bytes, rng: Random) -> bytes:
    value = json.loads(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        value = _changed(value, rng)
    return _written(value)


def _json_lines(data: bytes, rng: Random) -> bytes:
    lines = data.splitlines(keepends=True) or [b"{}\n"]
    number = rng.randrange(len(lines))
    if rng.random() < 0.7:
        lines[number] = _json(lines[number], rng) + b"\n"
    else:
        lines = _other_lines(lines, number, rng)
    return b"".join(lines)


def _other_lines(lines: list[bytes], number: int, rng: Random) -> list[bytes]:
    """Drop a line, repeat one, or put one where another was."""
    other = rng.randrange(len(lines))
    choice = rng.randrange(5)
    if choice == 0:
        del lines[number]
    elif choice == 1:
        lines.insert(other, lines[number])
    elif choice == 2:
        lines[number], lines[other] = lines[other], lines[number]
    elif choice == 3:
        lines[number] = lines[number].rstrip() + lines[other]
    else:
        lines[number] = rng.choice((b"\n", b" \t\n", b"# x\n", b"---\n", b"[]\n", b"0\n", b"x\0\n"))
    return lines


def _changed(value: Any, rng: Random) -> Any:
    """Return a value with one change at a random depth."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        choice = rng.random()
        if choice < 0.1:
            return {k: v for k, v in value.items() if k != key}
        if choice < 0.2:
            return {**value, _other_key(key, rng): value[key]}
        return {**value, key: _changed(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        place = rng.randrange(len(value))
        choice = rng.random()
        if choice < 0.1:
            return value[:place] + value[place + 1 :]
        if choice < 0.2:
            return [*value, value[place]]
        return [*value[:place], _changed(value[place], rng), *value[place + 1 :]]
    if isinstance(value, str) and value and rng.random() < 0.3:
        place = rng.randrange(len(value))
        return value[:place] + rng.choice(("\0", "\u200b", "", " ", "..", "/", "9")) + value[place:]
    return rng.choice(NASTY)


def _other_key(key: str, rng: Random) -> str:
    return rng.choice(
        (key.upper(), f"{key} ", "", "\0", "\u202e", f"{key}_1", "session_0", "x" * 999)
    )


def _written(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False)
    raw = json.dumps(_RAW, ensure_ascii=False)[:-1]
    pattern = re.escape(raw) + r'((?:[^"\\]|\\.)*)"'
    text = re.sub(pattern, lambda found: json.loads(f'"{found[1]}"'), text)
    return text.encode("utf-8", "surrogatepass")


_TOKEN = re.compile(
    r'"[^"\n]*"|\'[^\'\n]*\'|(?<=: )[^\n]+|(?<== )[^\n]+|-?\d+(?:\.\d+)?|\btrue\b|\bfalse\b'
)


def _text(data: bytes, rng: Random) -> bytes:
    """Change TOML, YAML or a table: a line of it, or a value in a line."""
    lines = data.splitlines(keepends=True) or [b"\n"]
    number = rng.randrange(len(lines))
    tokens = list(_TOKEN.finditer(lines[number].decode("utf-8", "replace")))
    if not tokens or rng.random() < 0.3:
        return b"".join(_other_lines(lines, number, rng))
    token, line = rng.choice(tokens), lines[number].decode("utf-8", "replace")
    new = rng.choice((*_WORDS, _written(rng.choice(NASTY)).decode("utf-8", "replace")))
    lines[number] = (line[: token.start()] + new + line[token.end() :]).encode()
    return b"".join(lines)


_WORDS = (
    "nan", "inf", "-inf", "1e400", "0x", "0o7", "1979-05-27T07:32:00Z", "07:32:00", "''", '""""""',
    "[1, 'a', {}]", "{a=1, a=2}", "&a *a", "*a", "!!python/object:os.x", "? x", "|", "<<: x", "~",
    "2021-02-30", "\t", "=" , "[[", "1_000", "-", "...", "%YAML 9", "{a: &b {c: *b}}", "\\u0000",
)  # fmt: skip


def _gzipped(data: bytes, rng: Random) -> bytes:
    inner = gzip.decompress(data)
    return gzip.compress(mutate(inner, "x.json", rng), mtime=0)


def _zipped(data: bytes, rng: Random) -> bytes:
    """Change a file in an archive, or its name."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(made, "w") as new:
        names = archive.namelist()
        chosen = rng.choice(names)
        for name in names:
            content = archive.read(name)
            if name == chosen:
                if rng.random() < 0.25:
                    name = rng.choice((f"../{name}", f"/{name}", name.upper(), f"{name}/", "a\0b"))
                else:
                    content = mutate(content, name, rng)
            new.writestr(name, content)
    return made.getvalue()


def _parquet(data: bytes, rng: Random) -> bytes:
    """Change a column of a table: its values, its type, or its name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(data))
    place = rng.randrange(table.num_columns)
    name, rows = table.column_names[place], table.num_rows
    columns: Sequence[Callable[[], Any]] = (
        lambda: pa.nulls(rows),
        lambda: pa.array([rng.choice((0, -1, 2**62)) for _ in range(rows)]),
        lambda: pa.array([rng.choice((float("nan"), 1e308, -0.0)) for _ in range(rows)]),
        lambda: pa.array([[rng.choice("ab")] * 3 for _ in range(rows)]),
        lambda: pa.array([{"a": None} for _ in range(rows)], pa.struct([("a", pa.null())])),
        lambda: pa.array([b"\xff\0"] * rows),
        lambda: pa.array(["\0\u202ex"] * rows),
        lambda: table.column(place).slice(0, rows // 2).to_pylist() and table.column(place)[::-1],
    )
    choice = rng.random()
    if choice < 0.15:
        table = table.remove_column(place)
    elif choice < 0.3:
        table = table.append_column(rng.choice((name, "", "x")), table.column(place))
    elif choice < 0.4:
        table = table.slice(0, rng.randrange(rows + 1))
    elif choice < 0.5:
        table = pa.concat_tables([table, table.slice(0, 1)])
    else:
        table = table.set_column(place, name, rng.choice(columns)())
    made = io.BytesIO()
    pq.write_table(table, made)
    return made.getvalue()


_BY_KIND: dict[str, Callable[[bytes, Random], bytes]] = {
    "json": _json,
    "jsonl": _json_lines,
    "toml": _text,
    "yaml": _text,
    "trec": _text,
    "csv": _text,
    "gz": _gzipped,
    "zip": _zipped,
    "parquet": _parquet,
}
