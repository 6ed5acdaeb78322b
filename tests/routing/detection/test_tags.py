import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.detection.labels import language_of_label
from routing.detection.tags import canonical_tag, primary_language, usual_script, with_script


@pytest.mark.parametrize(
    ("sent", "tag"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        ("pt-br", "pt-BR"),
        ("zh-TW", "zh-Hant-TW"),
        ("zh-cn", "zh-Hans-CN"),
        ("zh", "zh"),
        ("sr-RS", "sr-Cyrl-RS"),
        ("sr-latn", "sr-Latn"),
        ("no", "nb"),
        ("tl", "fil"),
        ("iw", "he"),
        ("und", "und"),
    ],
)
def test_a_tag_has_one_spelling(sent: str, tag: str) -> None:
    assert canonical_tag(sent) == tag
    assert canonical_tag(tag) == tag


@pytest.mark.parametrize(
    "sent", ["", "english", "xx", "en--us", "x-foo", "é", "en\n", "\ud800", "a" * 10_000]
)
def test_what_is_no_tag_is_refused(sent: str) -> None:
    with pytest.raises(ValueError, match="BCP-47"):
        canonical_tag(sent)


@given(st.text(max_size=20))
def test_any_text_is_a_tag_or_refused(text: str) -> None:
    try:
        tag = canonical_tag(text)
    except ValueError:
        return
    assert canonical_tag(tag) == tag


@pytest.mark.parametrize(
    ("label", "language"),
    [
        ("en", "en"),
        ("no", "nb"),
        ("als", "gsw"),
        ("als_Latn", "sq"),
        ("sh", "sr"),
        ("swh_Latn", "sw"),
        ("arb_Arab", "ar"),
        ("arz", "ar"),
        ("cmn_Hans", "zh"),
        ("zh-Hant", "zh"),
        ("hin_Deva", "hi"),
        ("hin_Latn", "hi-Latn"),
        ("hi-Latn", "hi-Latn"),
        ("srp_Latn", "sr"),
        ("tl", "fil"),
        ("iw", "he"),
        ("no such label", "und"),
    ],
)
def test_labels_of_all_models_name_languages_alike(label: str, language: str) -> None:
    assert language_of_label(label) == language


def test_the_script_is_named_where_it_is_not_the_usual_one() -> None:
    assert with_script("ru", "Cyrl") == "ru"
    assert with_script("ru", "Latn") == "ru-Latn"
    assert with_script("uz", "Cyrl") == "uz-Cyrl"


def test_the_script_of_chinese_and_serbian_is_always_named() -> None:
    assert with_script("zh", "Hans") == "zh-Hans"
    assert with_script("sr", "Cyrl") == "sr-Cyrl"
    assert with_script("sr", "Latn") == "sr-Latn"


def test_a_language_has_its_usual_script_and_its_name() -> None:
    assert usual_script("hi") == "Deva"
    assert usual_script("und") is None
    assert primary_language("zh-Hant-TW") == "zh"
