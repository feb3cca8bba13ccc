"""Checks that all of a run's answers come from the same code, packages and interpreter."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import some
from locomo_vqa.toolkit_code import toolkit_code, toolkit_name

__all__ = ["EnvironmentRecord", "check_toolkit"]

_SINGLE = ("python", "implementation", "platform")


class EnvironmentRecord:
    """What a run's system runs on, as its processes say; callable from several threads.

    Modules and files that a conversation loads later are added. Nothing that is known may change:
    otherwise a part of the answers would come from other code.
    """

    def __init__(
        self, known: Mapping[str, Any] | None = None, wanted: Mapping[str, str] | None = None
    ) -> None:
        """Continue with what is known of an earlier attempt.

        `wanted` has the versions that a third-party system must have, by distribution.
        """
        self._known: dict[str, Any] | None = None if known is None else dict(known)
        self._wanted = wanted or {}
        self._written: set[str] = set()
        self._lock = threading.Lock()

    @property
    def known(self) -> Mapping[str, Any] | None:
        """What is known so far; None if no conversation has said it."""
        return self._known

    def add(self, found: Mapping[str, Any] | None) -> bool:
        """Add what a process runs on; return whether this is new.

        Raises:
            InputError: it differs from what earlier answers come from, or from what is wanted.
        """
        if found is None:
            return False
        with self._lock:
            found = self._without_written(found)
            self._check_versions(found["distributions"])
            if self._known is None:
                self._known = dict(found)
                return True
            changed = list(_differences(self._known, found))
            if changed:
                raise InputError(
                    f"The system is not the one that gave this run's earlier answers: "
                    f"{some(changed)}.",
                    "Restore it, or choose another `out` for a run of the new one.",
                )
            new = self._add_embedder(found.get("embedder"))
            for kind in ("modules", "files"):
                merged = {**self._known[kind], **found[kind]}
                new = new or merged != self._known[kind]
                self._known[kind] = dict(sorted(merged.items()))
            return new

    def _add_embedder(self, found: Mapping[str, str] | None) -> bool:
        """Add what is new of the embedder, such as the model that its server named."""
        assert self._known is not None
        known = self._known.get("embedder") or {}
        merged = {**known, **(found or {})}
        self._known["embedder"] = merged or None
        return merged != known

    def _without_written(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a process runs on without files that any process has written: caches."""
        self._written.update(found["written"])
        if self._known is not None:
            files = self._known["files"]
            self._known["files"] = {n: files[n] for n in files if n not in self._written}
        kept = {n: digits for n, digits in found["files"].items() if n not in self._written}
        return {**{key: found[key] for key in found if key != "written"}, "files": kept}

    def _check_versions(self, installed: Mapping[str, str]) -> None:
        for name, version in self._wanted.items():
            if installed.get(name) != version:
                raise InputError(
                    f"{name} {installed.get(name, '(none)')} is installed, not {version}.",
                    "Install the system again: `locomo-vqa systems install`.",
                )


def check_toolkit(known: Mapping[str, Any] | None) -> None:
    """Check that the toolkit's code is the one of a run's earlier answers, if that is known.

    Raises:
        InputError: it was changed.
    """
    here = toolkit_code()
    if known is None or known["sha256"] == here["sha256"]:
        return
    raise InputError(
        f"The toolkit is not the one that gave this run's earlier answers: it is "
        f"{toolkit_name(here)}, not {toolkit_name(known)}.",
        "Restore it, or choose another `out` for a run of the new one.",
    )


def _differences(known: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return what differs, as phrases."""
    changed = [
        f"{name} is {found[name]}, not {known[name]}"
        for name in _SINGLE
        if found[name] != known[name]
    ]
    for kind, noun in (("modules", "module"), ("files", "file")):
        changed += [
            f"the {noun} {name} was changed"
            for name, digits in known[kind].items()
            if found[kind].get(name, digits) != digits
        ]
    changed += _embedder_differences(known.get("embedder"), found.get("embedder"))
    before, now = known["distributions"], found["distributions"]
    names = (name for name in sorted({*before, *now}) if before.get(name) != now.get(name))
    return changed + [
        f"{name} is {now.get(name, 'missing')}, not {before.get(name, 'missing')}" for name in names
    ]


def _embedder_differences(
    known: Mapping[str, str] | None, found: Mapping[str, str] | None
) -> Iterator[str]:
    """Yield in what an embedder differs; what only one of the two knows does not count."""
    for name, value in (found or {}).items():
        before = (known or {}).get(name, value)
        if before != value:
            of = "embedder" if name == "name" else f"embedder's {name}"
            yield f"the {of} is {value}, not {before}"
