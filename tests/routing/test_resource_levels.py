from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.detection.tags import tag_of_label
from routing.language_ranges import policy_tag, ranges_of
from routing.resource_levels import resource_classes, resource_level

NTREX = Path(__file__).parents[3] / "shared/data/ntrex"

# The examples of each class in the paper's first table.
EXAMPLES = {
    0: ("dal", "wbp", "poe", "wls", "bao"),
    1: ("chr", "fj", "kl", "bho", "nv"),
    2: ("zu", "kok", "lo", "mt", "ga"),
    3: ("id", "uk", "ceb", "af", "he"),
    4: ("ru", "hu", "vi", "nl", "ko"),
    5: ("en", "es", "de", "ja", "fr"),
}


def test_the_table_agrees_with_the_papers_own_examples() -> None:
    for number, tags in EXAMPLES.items():
        assert [resource_classes().get(tag, 0) for tag in tags] == [number] * len(tags)


def test_the_classes_are_as_large_as_in_the_paper() -> None:
    sizes = Counter(resource_classes().values())
    assert [sizes[number] for number in (2, 3, 4, 5)] == [19, 28, 18, 7]
    assert sizes[1] == 222 - 16  # those that the table's head lists as left out


def test_every_tag_is_written_as_rules_compare_it_and_stands_once() -> None:
    table = Path("routing/resource_levels.tsv").read_text("utf-8").splitlines()
    tags = [line.split("\t")[0] for line in table if not line.startswith("#")]
    assert len(tags) == len(set(tags)) >= 150
    assert [policy_tag(tag) for tag in tags] == tags


@pytest.mark.parametrize(
    ("tag", "level"),
    [
        ("am", "low"),
        ("ne", "low"),
        ("nb", "low"),
        ("no", "low"),
        ("ta", "mid"),
        ("tl", "mid"),
        ("arz", "mid"),
        ("hi-Latn", "high"),
        ("zh-TW", "high"),
        ("fa-AF", "high"),
        ("fon", "low"),
        ("und", None),
        ("und-Latn", None),
        ("zxx", None),
    ],
)
def test_levels_follow_the_classes(tag: str, level: str | None) -> None:
    assert resource_level(tag) == level


@given(st.text())
def test_every_text_has_a_level_or_none(tag: str) -> None:
    assert resource_level(tag) in {"low", "mid", "high", None}


@pytest.mark.skipif(not NTREX.exists(), reason="needs ../shared/data/ntrex")
def test_every_language_of_ntrex_is_in_the_table() -> None:
    # "zho-CN" and the like name a country, which is no script.
    labels = [path.stem.partition("-")[0] for path in NTREX.glob("???.txt")]
    labels += [path.stem.partition("-")[0] for path in NTREX.glob("???-*.txt")]
    assert len(labels) == 73
    missing = [label for label in labels if not set(ranges_of(tag_of_label(label))) & set(resource_classes())]
    assert missing == []
