import pytest

from routing.language import Detection
from routing.request_signs.owed import Owed, owed_language
from routing.request_signs.signs import RequestSigns

SWAHILI = Detection("sw", 0.99)


@pytest.mark.parametrize(
    ("signs", "asked", "owed"),
    [
        (RequestSigns(), None, Owed("sw", "query")),
        (RequestSigns(target="fr"), None, Owed("fr", "named")),
        (RequestSigns(target="fr"), "de", Owed("de", "asked")),
        (
            RequestSigns(target="fr", translation_request=True),
            None,
            Owed("fr", "named", "translation_request"),
        ),
        (RequestSigns(several_languages=True), None, Owed("sw", "query", "several_languages")),
        (RequestSigns(code_only=True), None, Owed("sw", "query", "code_only")),
    ],
)
def test_what_is_owed_is_asked_for_else_named_else_the_query_s(
    signs: RequestSigns, asked: str | None, owed: Owed
) -> None:
    assert owed_language(SWAHILI, signs, asked) == owed


@pytest.mark.parametrize("language", ["und", "und-Latn"])
def test_an_undetermined_language_owes_nothing_and_is_never_english(language: str) -> None:
    owed = owed_language(Detection(language, 0.0), RequestSigns(), None)
    assert (owed.language, owed.why) == ("und", "undetermined")


@pytest.mark.parametrize("tag", ["mul", "zxx", "mis", "und", "und-Deva"])
def test_what_names_no_language_owes_none(tag: str) -> None:
    assert owed_language(SWAHILI, RequestSigns(), tag) == Owed("und", "asked")
    asked = Detection(tag, 1.0, source="request")
    assert owed_language(asked, RequestSigns(), None) == Owed("und", "undetermined")
