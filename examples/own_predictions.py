"""Scores answers that you already have: `python examples/own_predictions.py`.

They may be a dictionary by question id, a DataFrame, or a file; here the same answers, "Yes" to
every question, are all three.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

import locomo_vqa as lv

if __name__ == "__main__":
    bench = lv.load_benchmark("sample")
    answers = {question.id: "Yes" for question in bench.text_questions}
    by_id = lv.score(answers, benchmark=bench, metrics=["f1"])

    frame = pd.DataFrame({"question_id": answers.keys(), "prediction": answers.values()})
    from_frame = lv.score(frame, benchmark=bench, metrics=["f1"])

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.json"
        frame.rename(columns={"prediction": "hypothesis"}).to_json(path, orient="records")
        from_file = lv.score(path, benchmark=bench, metrics=["f1"])

    for name, scores in (("dict", by_id), ("frame", from_frame), ("file", from_file)):
        print(f"{name:6} F1 {scores['f1'].value:.4f} over {scores['f1'].overall.n} questions")
