"""Plots the loss of each candidate over its epochs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locomo_vqa.files import new_file

__all__ = ["plot_curves"]


def plot_curves(records: Mapping[str, Mapping[str, Any]], path: Path, *, title: str) -> None:
    """Write a plot of the training and validation losses; the chosen epochs are marked.

    Args:
        records: the contents of training.json by the candidates' names.
        path: an SVG file, which is replaced.
        title: what the candidates are trained for.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for number, (name, record) in enumerate(records.items()):
        epochs, colour = record["epochs"], f"C{number % 10}"
        places = [epoch["epoch"] for epoch in epochs]
        validation = [epoch["validation_loss"] for epoch in epochs]
        axes.plot(
            [0, *places],
            [record["validation_loss_before"], *validation],
            color=colour,
            marker=".",
            label=name,
        )
        axes.plot(places, [epoch["train_loss"] for epoch in epochs], color=colour, ls=":")
        best = record["best_epoch"]
        axes.plot([best], [validation[best - 1]], color=colour, marker="o", ls="")
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss, nats a token of the replies")
    axes.set_title(f"{title}: validation loss (solid, chosen epoch marked), training loss (dotted)")
    axes.title.set_fontsize(9)
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    style: Any = {"svg.fonttype": "none", "svg.hashsalt": "locomo-vqa"}
    with new_file(path) as part, rc_context(style):
        figure.savefig(part, format="svg", metadata={"Date": None})
