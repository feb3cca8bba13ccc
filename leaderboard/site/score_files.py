"""Files from which the page of a comparison computes paired differences.

`asked.js` names the questions, and `scores/<number>.js` has an entry's values of them: a character
a question where every value is right or wrong, or 32-bit numbers in Base64.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from locomo_vqa.intervals import normal_quantile
from locomo_vqa.metric_names import METRICS
from locomo_vqa.statistics.intervals import student_t_quantile
from locomo_vqa.statistics.mean_intervals import LEAST_WIDTH
from locomo_vqa.statistics.paired import MANY_CONVERSATIONS

from .data_files import DataFolder
from .score_matrix import ScoreMatrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["write_scores"]

_LEVEL = 0.95


def write_scores(folder: DataFolder, scores: ScoreMatrix) -> None:
    """Write the questions that were asked, and each entry's values."""
    import numpy as np

    conversations = sorted(set(scores.conversations))
    asked = {
        metric: np.flatnonzero(~np.isnan(values).all(axis=0))
        for metric, values in scores.values.items()
    }
    folder.write(
        "asked",
        {
            "questions": list(scores.questions),
            "conversations": conversations,
            "conversation": [conversations.index(name) for name in scores.conversations],
            "asked": {metric: places.tolist() for metric, places in asked.items()},
            "width": {metric: _width(metric) for metric in scores.values},
            "quantiles": {
                "normal": normal_quantile((1 + _LEVEL) / 2),
                "t": [
                    student_t_quantile((1 + _LEVEL) / 2, degrees)
                    for degrees in range(1, max(2, len(conversations)))
                ],
                "least": LEAST_WIDTH,
                "most": MANY_CONVERSATIONS,
            },
        },
    )
    for number in range(len(scores.states)):
        folder.write(
            f"scores/{number}",
            {
                metric: _encoded(values[number, asked[metric]], METRICS[metric].scale)
                for metric, values in scores.values.items()
            },
        )


def _width(metric: str) -> float | None:
    """Return the largest possible difference; None where values may be below 0."""
    return None if METRICS[metric].lowest < 0 else METRICS[metric].scale


def _encoded(values: NDArray[np.float32], scale: float) -> dict[str, Any] | None:
    """Return one entry's values: flags `0`, `1` and `-` for none, or numbers; None without any."""
    import numpy as np

    none = np.isnan(values)
    if none.all():
        return None
    if np.all(none | (values == 0) | (values == scale)):
        flags = np.where(none, "-", np.where(values == 0, "0", "1"))
        return {"flags": "".join(flags.tolist())}
    return {"numbers": base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")}
