"""Makes the environment of a system's process: variables for libraries, and those in `env`.

Keys and tokens in the command's own environment are not passed on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.keys import add_secret

__all__ = ["checked_variables", "names_secret", "system_environment"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH(?!OR)", re.IGNORECASE)
"""Matches the names of variables whose values are redacted in a run's files."""

_HANDED_ON = re.compile(
    # The user and the system.
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|XDG_(CACHE|CONFIG|DATA|"
    r"RUNTIME|STATE)_(HOME|DIR)"
    # Windows.
    r"|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERNAME|USERPROFILE|HOMEDRIVE|HOMEPATH|"
    r"APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*|COMMONPROGRAMFILES.*|NUMBER_OF_PROCESSORS|"
    r"PROCESSOR_\w+"
    # Python and shared libraries.
    r"|PYTHON(PATH|HOME|UTF8|HASHSEED|IOENCODING|NOUSERSITE|USERBASE|DONTWRITEBYTECODE|"
    r"PYCACHEPREFIX|UNBUFFERED|WARNINGS|FAULTHANDLER)|VIRTUAL_ENV|CONDA_PREFIX|LD_LIBRARY_PATH|"
    r"DYLD_(FALLBACK_)?LIBRARY_PATH"
    # Certificates and the network's own proxy.
    r"|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|"
    r"(HTTP|HTTPS|ALL|NO|FTP)_PROXY"
    # Processors and accelerators.
    r"|(OMP|MKL|OPENBLAS|NUMEXPR|VECLIB_MAXIMUM|RAYON)_NUM_THREADS|TOKENIZERS_PARALLELISM|"
    r"(CUDA|NVIDIA|NCCL|HIP|ROCR|PYTORCH)_(?!.*(KEY|TOKEN|SECRET))\w+"
    # Where models are kept.
    r"|HF_(HOME|HUB_CACHE|ASSETS_CACHE|DATASETS_CACHE|HUB_OFFLINE|DATASETS_OFFLINE)|"
    r"HUGGINGFACE_HUB_CACHE|TRANSFORMERS_(CACHE|OFFLINE)|SENTENCE_TRANSFORMERS_HOME|TORCH_HOME|"
    r"NLTK_DATA|TIKTOKEN_CACHE_DIR|LOCOMO_VQA_(CACHE|SYSTEMS_DIR|L_MODELS)",
    re.IGNORECASE,
)

_FOLDERS = ("PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
"""Variables with lists of folders, which may be relative to the working directory."""


def system_environment(variables: Sequence[str] = ()) -> dict[str, str]:
    """Return the environment of a system's process, including `variables`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if _HANDED_ON.fullmatch(name) or name in variables
    }
    for name in _FOLDERS:
        if name in kept:
            parts = kept[name].split(os.pathsep)
            kept[name] = os.pathsep.join(str(Path(part).absolute()) for part in parts if part)
    return kept


def names_secret(name: str) -> bool:
    """Return whether a variable is named like one with a key or a password."""
    return _SECRET.search(name) is not None


def checked_variables(names: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables to pass on, sorted and without duplicates.

    Raises:
        InputError: a name is not valid, or a variable is not set.
    """
    if isinstance(names, str):
        raise InputError("`env` must be a list of names.", f"Write env=[{names!r}].")
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            shown = str(name).partition("=")[0]  # The value may be a secret.
            raise InputError(
                f"`env`: {shown!r} must be the name of an environment variable, without a value.",
                "Give only the name; the value is taken from the environment.",
            )
        if name not in environment:
            raise InputError(
                f"`env`: {name} is not set in the environment.", f"Set {name}, or leave it out."
            )
        if names_secret(name):
            for line in environment[name].splitlines():
                add_secret(line.strip())
    return tuple(sorted(set(names)))
