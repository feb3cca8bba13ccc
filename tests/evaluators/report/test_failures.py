"""The report shows why answers are wrong: counts, and the cause of each wrong answer."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.evaluators.report.content import report_data
from locomo_vqa.evaluators.report.page import write_report
from tests.browser import dump_dom, needs_chromium
from tests.evaluators.report.sheets import TEXT, VISUAL, sheet_of

ROWS = {
    TEXT[0].id: str(TEXT[0].answer),
    TEXT[1].id: "zebra",
    VISUAL[0].id: f"{VISUAL[0].answer}.",
    VISUAL[1].id: {"prediction": None, "state": "refused"},
}
UNKNOWN = "The system keeps no record of its memory and gives no passages."


def test_causes_are_counted_and_stand_beside_wrong_answers(tmp_path: Path) -> None:
    data = report_data(sheet_of(tmp_path, ROWS))
    failures = data["failures"]
    shown = [(row["cause"], row["stage"], row["text"], row["visual"]) for row in failures["rows"]]
    assert shown == [("judged_wrong", None, 0, 1), ("unknown", None, 1, 0)]
    assert failures["unknown"] == [(UNKNOWN, 1)]
    assert failures["states"] == {
        "missing": len(TEXT) + len(VISUAL) - len(ROWS),
        "refused": 1,
    }
    why = {row["id"]: row.get("why") for row in data["questions"]}
    assert why[TEXT[0].id] is None
    assert why[TEXT[1].id] == ["unknown", "can't be determined", None, UNKNOWN]
    assert why[VISUAL[1].id] is None


@needs_chromium
def test_the_page_lists_the_answers_of_one_cause(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    write_report(page, sheet_of(tmp_path, ROWS))
    shown = dump_dom(f"{page.as_uri()}#cause=judged_wrong", profile=tmp_path / "profile")
    assert shown.count("<article") == 1
    assert f'data-question="{VISUAL[0].id}"' in shown
    assert "Answered right and judged wrong" in shown
    assert "By strict rules, the answer has all of the gold answer." in shown
