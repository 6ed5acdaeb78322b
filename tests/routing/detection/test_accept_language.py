import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.detection.accept_language import preferred_languages


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("de", ["de"]),
        ("da, en-gb;q=0.8, en;q=0.7", ["da", "en-GB", "en"]),
        ("en;q=0.2, zh-TW;q=0.9", ["zh-Hant-TW", "en"]),
        ("*", []),
        ("fr;q=0, es", ["es"]),
        ("fr;q=nonsense, es", ["es"]),
        ("fr;q=nan, es;q=7, ja", ["ja"]),
        ("", []),
        (",,;;q=,", []),
        ("<script>, hi", ["hi"]),
    ],
)
def test_languages_come_most_wanted_first(header: str, languages: list[str]) -> None:
    assert preferred_languages(header) == languages


@given(st.text())
def test_no_header_is_an_error(header: str) -> None:
    assert isinstance(preferred_languages(header), list)


def test_a_long_header_is_read_only_in_part() -> None:
    assert preferred_languages("x," * 1_000_000 + "de") == []
