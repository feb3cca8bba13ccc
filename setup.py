"""Finds the packages of the four trees; everything else is in pyproject.toml."""

from setuptools import find_packages, setup

WINGS = ("builders", "evaluators", "leaderboard")
PACKAGES = find_packages(include=["locomo_vqa", "locomo_vqa.*"]) + [
    f"locomo_vqa.{name}"
    for wing in WINGS
    for name in [wing, *(f"{wing}.{inner}" for inner in find_packages(wing))]
]

setup(packages=PACKAGES, package_dir={f"locomo_vqa.{wing}": wing for wing in WINGS})
