from pathlib import Path

import langcodes

from benchmarks.request_signs.labelled import Labelled, half_of, read_labelled
from routing.request_signs.signs import RequestSigns

REQUESTS = Path(__file__).parents[3] / "benchmarks/request_signs/requests.tsv"


def test_a_line_becomes_a_request_with_its_signs(tmp_path: Path) -> None:
    path = tmp_path / "few.tsv"
    path.write_text(
        "# a comment\n\nth\ttranslation,named=ja\tแปลเป็นภาษาญี่ปุ่น:\\nรถไฟ\nar\t-\tلماذا؟\n", "utf-8"
    )
    assert read_labelled(path) == [
        Labelled("th", "แปลเป็นภาษาญี่ปุ่น:\nรถไฟ", RequestSigns(translation_request=True, target="ja")),
        Labelled("ar", "لماذا؟", RequestSigns()),
    ]


def test_the_set_is_as_large_and_as_varied_as_documented() -> None:
    labelled = read_labelled(REQUESTS)
    assert len(labelled) >= 600
    assert len({one.text for one in labelled}) == len(labelled)
    assert len({one.language for one in labelled}) >= 40
    assert sum(one.signs == RequestSigns() for one in labelled) >= 200


def test_every_language_in_the_set_is_a_tag() -> None:
    tags = {tag for one in read_labelled(REQUESTS) for tag in (one.language, one.signs.target or "und")}
    assert all(langcodes.tag_is_valid(tag) for tag in tags)


def test_the_halves_share_nothing_and_leave_nothing_out() -> None:
    labelled = read_labelled(REQUESTS)
    first, second = half_of(labelled, "first"), half_of(labelled, "second")
    assert len(first) + len(second) == len(labelled)
    assert not {one.text for one in first} & {one.text for one in second}
    assert min(len(first), len(second)) > 350
