"""The rooms of the four trees, and which imports which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TREES = ("locomo_vqa", "builders", "evaluators", "leaderboard")
Graph = dict[str, set[str]]


def read_graph(root: Path, *, files: bool = False) -> Graph:
    """Return which rooms each room imports, at the top of its files or inside functions.

    A room is a folder or a file at the top of a tree, such as `evaluators/scoring` or
    `locomo_vqa/files`. The face of each tree, its `__init__.py`, is left out. With `files`, the
    graph is of single files, and imports for types alone count too.
    """
    paths = [path for tree in TREES for path in sorted((root / tree).rglob("*.py"))]
    modules = {_module(path.relative_to(root)): path for path in paths}
    graph: Graph = {}
    for module, path in modules.items():
        room = _name(module, files)
        if room:
            package = module if path.name == "__init__.py" else module[:-1]
            found = _imports(path, package, modules, types=files)
            named = {_name(one, files) for one in found}
            graph.setdefault(room, set()).update(named - {room, ""})
    return graph


def find_circles(graph: Graph) -> list[list[str]]:
    """Return every group of rooms that import each other, directly or by way of others."""
    reachable = {room: _reachable(graph, room) for room in graph}
    groups = {
        frozenset(other for other in reachable[room] if room in reachable.get(other, ()))
        for room in graph
    }
    return sorted(sorted(group) for group in groups if group)


def _module(path: Path) -> tuple[str, ...]:
    """Return a file's module, as the installed package names it."""
    parts = path.with_suffix("").parts
    parts = parts if parts[0] == "locomo_vqa" else ("locomo_vqa", *parts)
    return parts[:-1] if parts[-1] == "__init__" else parts


def _name(module: tuple[str, ...], files: bool) -> str:
    return "/".join(module) if files else _room(module)


def _room(module: tuple[str, ...]) -> str:
    """Return the room of a module; empty for the face of a tree."""
    wing = len(module) > 1 and module[1] in TREES
    tree = module[1] if wing else module[0]
    below = module[2:] if wing else module[1:]
    return f"{tree}/{below[0]}" if below else ""


def _imports(
    path: Path,
    package: tuple[str, ...],
    modules: dict[tuple[str, ...], Path],
    *,
    types: bool,
) -> Iterator[tuple[str, ...]]:
    """Return every module of ours that a file imports when it runs, or with `types` for types."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if types else _walk_running(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = (*above, *(node.module.split(".") if node.module else ()))
            for alias in node.names:
                inner = (*base, alias.name)
                yield inner if inner in modules else base


def _walk_running(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without what is below `if TYPE_CHECKING`."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk_running(child)


def _reachable(graph: Graph, start: str) -> set[str]:
    """Return the rooms that a room imports, and those that these import, and so on."""
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        room = waiting.pop()
        if room not in found:
            found.add(room)
            waiting += graph.get(room, ())
    return found
