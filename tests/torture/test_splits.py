"""No conversation and no image is in two splits, whatever their ids, URLs, bytes and hashes are."""

from __future__ import annotations

import itertools
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from locomo_vqa.benchmark import SPLITS, Conversation, Image, ImageRecord, Session, Split, Turn
from locomo_vqa.builders.images.separate import separate_splits
from locomo_vqa.files import sha256_text
from locomo_vqa.locomo.splits import split_by_order

from .profile import few_examples


@few_examples
@given(st.lists(st.text(max_size=8), unique=True, max_size=200))
def test_each_conversation_is_in_one_split(names: list[str]) -> None:
    if not names:
        return
    found = split_by_order(names)
    assert list(found) == names
    sizes = {split: [*found.values()].count(split) for split in SPLITS}
    assert sizes["test"] >= 1
    assert len(names) < 3 or min(sizes.values()) >= 1
    assert [*found.values()] == sorted(found.values(), key=SPLITS.index)
    assert abs(sizes["test"] - 0.2 * len(names)) <= 1
    assert abs(sizes["validation"] - 0.1 * len(names)) <= 1


BITS = st.lists(st.integers(0, 63), max_size=4).map(lambda bits: sum({1 << bit for bit in bits}))
IMAGES = st.lists(
    st.tuples(
        st.integers(0, 5),  # which bytes
        st.none() | BITS,  # what they look like
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=3),
        st.sampled_from(["ok", "ok", "ok", "unavailable", "placeholder"]),
    ),
    max_size=8,
)


@few_examples
@given(IMAGES, st.lists(st.sampled_from(SPLITS), min_size=6, max_size=6), st.integers(0, 6))
def test_no_image_is_in_two_splits(
    images: list[tuple[int, int | None, list[tuple[int, int]], str]],
    splits: list[Split],
    distance: int,
) -> None:
    looks: dict[int, int | None] = {}
    records = [
        ImageRecord(
            url=f"https://pictures.example/{number}",
            state=state,  # type: ignore[arg-type]
            sha256=sha256_text(str(content)) if state == "ok" else None,
            phash=None if looks.setdefault(content, look) is None else f"{looks[content]:016x}",
            turns=tuple(f"c{where}/D1:{turn}" for where, turn in places),
        )
        for number, (content, look, places, state) in enumerate(images)
    ]
    conversations = [_conversation(number, split, records) for number, split in enumerate(splits)]
    parts = separate_splits(conversations, records, (), phash_distance=distance)
    shown = [
        (each.split, image.url, image.sha256)
        for each in parts.conversations
        for _, turn in each.turns()
        for image in turn.images
        if image.state == "ok"
    ]
    by_bytes = {sha256_text(str(content)): look for content, look in looks.items()}
    for (split, url, sha), (other, its_url, its_sha) in itertools.combinations(shown, 2):
        if split == other:
            continue
        assert url != its_url
        assert sha != its_sha
        one, two = by_bytes[sha or ""], by_bytes[its_sha or ""]
        assert one is None or two is None or (one ^ two).bit_count() > distance
    kept = {sha for _, _, sha in shown}
    removed = {each.sha256 for each in parts.removed}
    assert kept | removed == {record.sha256 for record in records if record.sha256}
    assert not kept & removed


def _conversation(number: int, split: Split, records: list[ImageRecord]) -> Conversation:
    images = {place: [] for place in range(4)}
    for record in records:
        for turn in record.turns:
            if turn.startswith(f"c{number}/"):
                images[int(turn[-1])].append(Image(url=record.url, state="not_fetched"))
    turns = tuple(
        Turn(id=f"D1:{place}", speaker="Ada", text="See!", images=tuple(shown))
        for place, shown in images.items()
    )
    session = Session(number=1, time=datetime(2023, 5, 8), turns=turns)
    return Conversation(id=f"c{number}", split=split, speakers=("Ada", "Ben"), sessions=(session,))
