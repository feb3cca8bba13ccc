"""Runs a package under another user's number where the tests are root's and it refuses root."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from locomo_vqa.evaluators.third_party import ThirdPartyRecipe, find_environment
from locomo_vqa.evaluators.third_party.environment import SYSTEMS_FOLDER_VARIABLE

__all__ = ["lent_to_nobody"]

_AS_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
"""In a user namespace: outside it is still root, so the folders of the tests are its own."""


@contextmanager
def lent_to_nobody(recipe: ThirdPartyRecipe, folders: pytest.TempPathFactory) -> Iterator[None]:
    """Make the package's interpreter a script that starts the real one as another user."""
    if os.geteuid() != 0:
        yield
        return
    if shutil.which(_AS_NOBODY[0]) is None or subprocess.call([*_AS_NOBODY, "true"]):
        pytest.skip(f"{recipe.name} refuses root, and nobody else can be made here (unshare)")
    real = find_environment(recipe)
    systems = folders.mktemp("nobody")
    lent = find_environment(recipe, systems)
    lent.python.parent.mkdir(parents=True)
    command = shlex.join([*_AS_NOBODY, str(real.python)])
    lent.python.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    lent.python.chmod(0o755)
    shutil.copy(real.mark, lent.mark)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SYSTEMS_FOLDER_VARIABLE, str(systems))
        yield
