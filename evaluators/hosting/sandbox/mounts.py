"""The files and folders that are visible in a sandbox, as mounts.

Only what is named here is visible. The home folder is empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .paths import is_there
from .sandbox import Sandbox

__all__ = ["TEMPORARY", "Mount", "MountKind", "mounts_of"]

TEMPORARY = Path("/tmp")
"""The folder for temporary files in a sandbox."""

MountKind = Literal["read", "write", "device", "link", "empty"]
"""How a path is shown:

read     the file or folder, read-only
write    the file or folder, writable
device   the device
link     a symbolic link to the target
empty    an empty, read-only folder
"""

_SYSTEM = ("/usr", "/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew", "/opt/rocm")
_ROOT_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = (
    *("alternatives", "ca-certificates", "ca-certificates.conf", "fonts", "group", "gai.conf"),
    *("host.conf", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime"),
    *("locale.alias", "locale.conf", "mime.types", "nsswitch.conf", "OpenCL", "os-release"),
    *("passwd", "pki/ca-trust", "pki/tls/certs", "protocols", "resolv.conf", "services"),
    *("ssl/certs", "ssl/openssl.cnf", "timezone", "vulkan"),
)
_DEVICES = ("nvidia*", "dri", "kfd", "dxg")
_KERNEL_READ = ("bus", "fs", "irq", "sys", "sysrq-trigger")
_KERNEL_HIDDEN = (
    *("acpi", "asound", "interrupts", "kallsyms", "kcore", "keys", "latency_stats", "mtrr"),
    *("sched_debug", "scsi", "timer_list", "timer_stats"),
)
"""The parts of /proc through which root could change or spy on the whole machine."""

_PROCESSORS = "/sys/devices/system"
_LIKE_HOME = (
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
)
_CERTIFICATES = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "NODE_EXTRA_CA_CERTS",
)
_LIBRARIES = "LD_LIBRARY_PATH"


@dataclass(frozen=True, slots=True)
class Mount:
    """One path in a sandbox."""

    kind: MountKind
    """How the path is shown."""
    path: Path
    """The path in the sandbox."""
    target: Path
    """The path on this machine; for a link, its target."""


def mounts_of(
    sandbox: Sandbox,
    needed: Iterable[Path],
    links: Iterable[Path],
    environment: Mapping[str, str],
) -> list[Mount]:
    """Return everything that a sandbox shows, each path after its parent folders.

    Args:
        sandbox: the conversation's sandbox.
        needed: files and folders of the interpreter and the system.
        links: links that lead to the interpreter.
        environment: the environment of the system's process.
    """
    home = _home(environment)
    hidden = [folder.resolve() for folder in sandbox.hidden]
    lent = [path for path in sandbox.readable if not _is_within(path.resolve(), hidden)]
    devices = [path for pattern in _DEVICES for path in sorted(Path("/dev").glob(pattern))]
    read = [
        *map(Path, _SYSTEM),
        *(Path("/etc", name) for name in _ETC),
        Path("/sys" if devices else _PROCESSORS),
        *_named_folders(environment),
        *_model_folders(environment, home),
        *lent,
        *needed,
    ]
    shown = _outermost([path for path in read if _may_be_shown(path, home)])
    hidden = _outermost([*hidden, *_sample_folders(shown)])
    mounts = [
        *_root_links(),
        *(Mount("link", link, link.readlink()) for link in links if not _is_within(link, shown)),
        *(Mount("read", path, path) for path in shown),
        *(Mount("device", path, path) for path in devices),
        *_hiding(hidden, shown),
        *_kernel_settings(),
        *_private_folders(sandbox.scratch, home, environment),
    ]
    if sandbox.work is not None:
        mounts.append(Mount("write", sandbox.work, sandbox.work))
    return sorted(dict.fromkeys(mounts), key=lambda mount: len(mount.path.parts))


def _home(environment: Mapping[str, str]) -> Path | None:
    """Return the home folder; None for users without one, such as services."""
    home = Path(environment.get("HOME", ""))
    if not home.is_absolute() or len(home.parts) < 2 or _is_within(home, map(Path, _SYSTEM)):
        return None
    return home


def _named_folders(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the certificates and libraries named by environment variables."""
    for name in _CERTIFICATES:
        if environment.get(name):
            yield Path(environment[name])
    for text in environment.get(_LIBRARIES, "").split(os.pathsep):
        if text:
            yield Path(text)


def _may_be_shown(path: Path, home: Path | None) -> bool:
    """Return whether a path exists, and neither is nor contains the home folder."""
    if not path.is_absolute() or len(path.parts) < 2 or not is_there(path):
        return False
    return home is None or not (
        home.is_relative_to(path) or home.resolve().is_relative_to(path.resolve())
    )


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Return the paths that are not within another one, without duplicates."""
    every = dict.fromkeys(paths)
    return [path for path in every if not every.keys() & set(path.parents)]


def _root_links() -> Iterator[Mount]:
    for name in _ROOT_LINKS:
        path = Path(name)
        if path.is_symlink():
            yield Mount("link", path, path.readlink())
        elif path.is_dir():
            yield Mount("read", path, path)


def _is_within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _kernel_settings() -> Iterator[Mount]:
    """Yield the parts of /proc that can't be written or read, even by root."""
    for name in _KERNEL_READ:
        path = Path("/proc", name)
        if is_there(path):
            yield Mount("read", path, path)
    for name in _KERNEL_HIDDEN:
        path = Path("/proc", name)
        if is_there(path):
            yield Mount("empty", path, path) if path.is_dir() else _blank(path)


def _blank(path: Path) -> Mount:
    return Mount("read", path, Path(os.devnull))


def _sample_folders(shown: Iterable[Path]) -> Iterator[Path]:
    """Yield the folders, installed or in the source, with the sample and its answers."""
    for path in shown:
        inner = (path / "locomo_vqa", *path.glob("lib*/python3*/site-packages/locomo_vqa"))
        for package in (path, *inner):
            if package.name == "locomo_vqa" and package.is_dir():
                yield (package / "sample" / "data").resolve()
                yield (package / "builders" / "sample").resolve()
                yield (package.parent / "builders" / "sample").resolve()


def _hiding(hidden: Iterable[Path], shown: Iterable[Path]) -> Iterator[Mount]:
    """Yield an empty folder for each hidden one that would be visible."""
    for path in shown:
        target = path.resolve()
        for folder in hidden:
            if folder.is_relative_to(target) and is_there(folder):
                yield Mount("empty", path / folder.relative_to(target), folder)


def _private_folders(
    scratch: Path, home: Path | None, environment: Mapping[str, str]
) -> Iterator[Mount]:
    """Yield private folders for temporary files, the home folder, and similar uses."""
    named = [Path(environment[name]) for name in _LIKE_HOME if environment.get(name)]
    others = [path for path in named if path.is_absolute() and len(path.parts) > 2]
    if home is not None:
        others = [home, *(path for path in others if not path.is_relative_to(home))]
    for number, place in enumerate(dict.fromkeys([TEMPORARY, *others])):
        folder = scratch / f"private-{number}"
        folder.mkdir(mode=0o700, exist_ok=True)
        yield Mount("write", place, folder)


def _model_folders(environment: Mapping[str, str], home: Path | None) -> Iterator[Path]:
    """Yield the caches of models, without the tokens and data sets next to them."""
    user = home or Path("/nowhere")
    cache = Path(environment.get("XDG_CACHE_HOME") or user / ".cache")
    kept = Path(environment.get("HF_HOME") or cache / "huggingface")
    hub = environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE")
    for folder in (Path(hub or kept / "hub"), Path(environment.get("TRANSFORMERS_CACHE") or kept)):
        yield from sorted(folder.glob("models--*"))
    yield Path(environment.get("TORCH_HOME") or cache / "torch")
    yield Path(environment.get("NLTK_DATA") or user / "nltk_data")
    for name in ("SENTENCE_TRANSFORMERS_HOME", "TIKTOKEN_CACHE_DIR"):
        if environment.get(name):
            yield Path(environment[name])
