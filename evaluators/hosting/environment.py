"""The environment of a system's process: what Python and libraries need, and what a user names.

Keys and tokens of the command's own environment stay with the command.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.keys import add_secret

__all__ = ["checked_variables", "system_environment"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_KEY = re.compile(r"KEY|TOKEN|SECRET|PASSW", re.IGNORECASE)
"""How variables are named whose values are hidden in what a run writes."""

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
"""Lists of folders, which may depend on the working directory."""


def system_environment(variables: Sequence[str] = ()) -> dict[str, str]:
    """Return the environment of a system's process; `variables` are handed on as well."""
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


def checked_variables(names: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of variables to hand on, sorted, once each.

    Raises:
        InputError: one is not a name, or is not set.
    """
    if isinstance(names, str):
        raise InputError("`env` must be a list of names.", f"Write env=[{names!r}].")
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            shown = str(name).partition("=")[0]  # What follows may be a key.
            raise InputError(
                f"`env`: {shown!r} must be the name of an environment variable, without a value.",
                "Give the name alone; its value is taken from the environment.",
            )
        if name not in environment:
            raise InputError(
                f"`env`: {name} is not set in the environment.", f"Set {name}, or leave it out."
            )
        if _KEY.search(name):
            add_secret(environment[name])
    return tuple(sorted(set(names)))
