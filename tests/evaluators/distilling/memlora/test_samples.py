"""Drawing some of the samples of a stage."""

from __future__ import annotations

from locomo_vqa.evaluators.distilling.memlora.samples import Sample, Samples


def samples(train: int, validation: int) -> Samples:
    made = Samples("update")
    for split, number in (("train", train), ("validation", validation)):
        made.by_split[split] = [  # type: ignore[index]
            Sample(id=f"{split}/{index}", conversation="c", prompt="p", reply="r")
            for index in range(number)
        ]
    return made


def test_the_same_share_of_both_splits_is_drawn_in_order() -> None:
    """10 of 40 is a quarter; a quarter of 6 is rounded up to 2, and 34 are left out."""
    made, again = samples(40, 6), samples(40, 6)
    made.draw(10)
    again.draw(10)
    assert made.by_split == again.by_split
    assert {split: len(found) for split, found in made.by_split.items()} == {
        "train": 10,
        "validation": 2,
    }
    assert made.dropped == {"not_drawn": 34}
    numbers = [int(sample.id.split("/")[1]) for sample in made.by_split["train"]]
    assert numbers == sorted(set(numbers))
    assert numbers != list(range(10))


def test_a_stage_with_fewer_keeps_all() -> None:
    made = samples(10, 3)
    made.draw(10)
    assert (made.by_split, made.dropped) == (samples(10, 3).by_split, {})
