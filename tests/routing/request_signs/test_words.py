import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.request_signs.words import Sentence, plain, sentences_of, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("respóndeme en inglés", "RESPONDEME EN INGLES"),
        ("İNGİLİZCE", "ingilizce"),
        ("στα Ἀγγλικά", "στα αγγλικα"),
        ("ещё по-русски", "еще по-русски"),
        ("بِالإنجليزيّة", "بالانجليزيه"),
        ("פּוֹלָנִית", "פולנית"),
        ("فارسی", "فارسي"),
        ("अंग्रेज़ी", "अंग्रेजी"),
        ("Dáhùn ní èdè Gẹ̀ẹ́sì", "Dahun ni ede Geesi"),
        ("ｉｎ　Ｆｒｅｎｃｈ", "in French"),
        ("e\u0301", "é"),
        ("ガ", "\u30ab\u3099"),
        ("프랑스어", "\u1111\u1173\u1105\u1161\u11bc\u1109\u1173\u110b\u1165"),
    ],
)
def test_what_people_type_differently_is_the_same(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(("one", "other"), [("में", "म"), ("කි", "ක"), ("ยา", "ย่า"), ("ガ", "カ"), ("کب", "کپ")])
def test_signs_that_make_another_word_of_it_are_kept(one: str, other: str) -> None:
    assert plain(one) != plain(other)


def test_scripts_without_spaces_give_a_word_for_each_character() -> None:
    assert words_of(plain("用英语answer，好")) == ["用", "英", "语", "answer", ",", "好"]
    assert len(words_of(plain("ภาษาอังกฤษ"))) == len("ภาษาอังกฤษ")


def test_words_of_indic_scripts_are_not_cut_at_their_vowel_signs() -> None:
    assert words_of(plain("अंग्रेज़ी में जवाब दो।")) == [plain("अंग्रेज़ी"), "में", "जवाब", "दो", "।"]


@pytest.mark.parametrize(
    "end", [".", "!", "?", ":", "\n", "؟", "۔", "।", "。", "；", "։", "።", "။", "។", "…", ";"]
)
def test_sentences_end_as_each_script_ends_them(end: str) -> None:
    assert len(sentences_of(f"ab{end} cd")) == 2


def test_a_full_stop_within_a_number_or_a_name_ends_nothing() -> None:
    assert len(sentences_of("Version 2.5 of node.js")) == 1


def test_a_colon_is_remembered() -> None:
    first, second = sentences_of("Traduis en italien : Bonjour")
    assert first == Sentence(("traduis", "en", "italien"), ends_in_colon=True)
    assert not second.ends_in_colon


def test_parts_of_a_persian_word_are_the_same_joined_by_a_joiner_or_a_space() -> None:
    assert sentences_of("می\u200cگیرم") == sentences_of("می گیرم")


@given(st.text())
def test_no_text_breaks_it_and_no_word_is_empty_or_holds_a_space(text: str) -> None:
    for sentence in sentences_of(text):
        assert sentence.words
        assert all(word and not any(map(str.isspace, word)) for word in sentence.words)


@given(st.text())
def test_what_is_plain_stays_so(text: str) -> None:
    assert sentences_of(plain(text)) == sentences_of(plain(plain(text)))
