"""The whole toolkit in one session: `python examples/session.py` in an empty folder."""

from __future__ import annotations

import locomo_vqa as lv


class Echo:
    """Answers with the last thing that was said."""

    def open(self, conversation, workdir, services):  # type: ignore[no-untyped-def]
        self.last = ""

    def add(self, turns):  # type: ignore[no-untyped-def]
        self.last = turns[-1].text

    def answer(self, question, *, now):  # type: ignore[no-untyped-def]
        return self.last


if __name__ == "__main__":
    bench = lv.load_benchmark("sample")
    print(bench.text_questions[0].question)

    run = lv.run(Echo, benchmark=bench, images="pixels", out="runs/echo")
    scores = lv.score(run, metrics=["v", "f1"])
    print(scores["f1"].value, scores["f1"].interval)
    print(scores.to_frame().head())
    other = lv.run("bm25", benchmark=bench, images="caption", out="runs/bm25")
    print(lv.compare(run, other, metrics=["v"]).to_frame())
    print(lv.check(Echo).to_frame())
    print(lv.ablate(Echo, benchmark=bench, out="ablation").to_frame())

    build = lv.build("sample", work="work", out="built")
    print(build.benchmark, build.losses, build.selection)

    lv.submit(run, to="submissions")
    board = lv.verify("submissions", benchmark=bench)
    print(lv.build_site(board, out="site"))
