"""What is taken for no translation: echoes and other text in the source's language, and nothing by people."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import NotTranslated
from routing.translation.untranslated import Pair, check_translated
from tests.routing.strategies.surroundings import detector

NTREX = Path(__file__).parents[4] / "shared" / "data" / "ntrex"

# A sentence, another of the same language, and the first in English.
SENTENCES = {
    "sw": (
        "Je, mji mkuu wa nchi ya Kenya ni upi, na una wakazi wangapi sasa?",
        "Mji mkuu wa nchi hiyo ni Nairobi, ambao kwa sasa una wakazi zaidi ya milioni nne.",
        "What is the capital of Kenya, and how many people live there now?",
    ),
    "es": (
        "¿Cuál es la capital de Italia y cuántos habitantes tiene?",
        "La capital de Italia es Roma, que tiene casi tres millones de habitantes.",
        "What is the capital of Italy and how many inhabitants does it have?",
    ),
    "hi": (
        "इटली की राजधानी क्या है और वहाँ कितने लोग रहते हैं?",
        "इटली की राजधानी रोम है और वहाँ लगभग तीस लाख लोग रहते हैं।",
        "What is the capital of Italy and how many people live there?",
    ),
    "ar": (
        "ما هي عاصمة إيطاليا وكم عدد الناس الذين يعيشون فيها الآن؟",
        "عاصمة إيطاليا هي روما التي يعيش فيها ما يقرب من ثلاثة ملايين شخص.",
        "What is the capital of Italy and how many people live in it now?",
    ),
    "th": (
        "เมืองหลวงของประเทศอิตาลีคือเมืองอะไรและมีประชากรอาศัยอยู่กี่คน",
        "เมืองหลวงของอิตาลีคือกรุงโรมซึ่งมีประชากรอาศัยอยู่เกือบสามล้านคน",
        "What is the capital of Italy and how many people live there?",
    ),
    "zh-Hans": (
        "请问意大利的首都是哪一座城市？那里现在一共住着多少居民？",
        "意大利的首都是罗马这座古老的城市，现在大约有三百万居民住在那里。",
        "Which city is the capital of Italy, please? How many people live there now?",
    ),
    "ja": (
        "イタリアの首都はどこですか。また、そこには何人の人が住んでいますか。",
        "イタリアの首都はローマで、そこにはおよそ三百万人の人々が暮らしています。",
        "Where is the capital of Italy? And how many people live there?",
    ),
    "ru": (
        "Какой город является столицей Италии и сколько человек там сейчас живёт?",
        "Столица Италии — это Рим, и в нём сейчас живёт почти три миллиона человек.",
        "Which city is the capital of Italy and how many people live there now?",
    ),
    "ta": (
        "இத்தாலியின் தலைநகரம் எது மற்றும் அங்கு எத்தனை மக்கள் வாழ்கிறார்கள்?",
        "இத்தாலியின் தலைநகரம் ரோம் ஆகும் மற்றும் அங்கு சுமார் மூன்று மில்லியன் மக்கள் வாழ்கிறார்கள்.",
        "What is the capital of Italy and how many people live there?",
    ),
}
CASES = [(language, *texts) for language, texts in SENTENCES.items()]


def passes(original: str, translated: str, source: str, target: str = "en") -> bool:
    try:
        check_translated(original, translated, Pair(source, target), detector())
    except NotTranslated:
        return False
    return True


@pytest.mark.parametrize(("language", "text", "other", "english"), CASES)
def test_an_echo_and_an_answer_in_its_language_are_no_translations(
    language: str, text: str, other: str, english: str
) -> None:
    assert not passes(text, text, language)
    assert not passes(text, f"  {text[:-1]}\n", language)
    assert not passes(text, other, language)
    assert passes(text, english, language)


@pytest.mark.parametrize(("language", "text", "other", "english"), CASES)
def test_english_that_stays_english_is_none_either(
    language: str, text: str, other: str, english: str
) -> None:
    assert not passes(english, english, "en", language)
    assert passes(english, text, "en", language)
    assert passes(english, other, "en", language)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("sw", "Nairobi"),
        ("es", "¿Qué tal, amigo?"),
        ("es", "Universidad Nacional Autónoma de México"),
        ("es", "Real Academia Española de la Lengua y Academia Mexicana de la Lengua"),
        ("hi", "नरेन्द्र दामोदरदास मोदी"),
        ("hi", "राम, श्याम, सीता, गीता, मोहन, सोहन, राधा, कृष्ण"),
        ("ar", "محمد بن سلمان بن عبد العزيز آل سعود"),
        ("ru", "Владимир Ильич Ленин и Надежда Константиновна Крупская"),
        ("el", "Νίκος Καζαντζάκης, Κωνσταντίνος Καβάφης, Γιώργος Σεφέρης"),
        ("zh-Hant", "李白、杜甫、王維、白居易、李商隱、蘇軾、辛棄疾、李清照"),
        ("zh-Hans", "弗拉基米尔·弗拉基米罗维奇·普京"),
        ("ja", "マイクロソフト コーポレーション"),
        ("th", "สมเด็จพระเจ้าตากสินมหาราช"),
        ("ko", "김대중, 노무현, 이명박, 박근혜, 문재인, 윤석열"),
        ("de", "JSON HTTP API REST SQL XML YAML"),
        ("de", "3,5 kg + 17 km/h = 2026-11-21 12:30"),
        ("fr", "```python\nfor mot in mots_de_la_langue: print(mot, 'est dans la liste')\n```"),
        ("vi", "https://vi.wikipedia.org/wiki/Trang_Chính xem ở đây"),
        ("ur", ""),
    ],
)
def test_names_numbers_code_and_a_few_words_may_stay_as_they_are(source: str, text: str) -> None:
    assert passes(text, text, source)


@pytest.mark.parametrize(
    ("source", "original", "translated"),
    [
        (
            "es",
            "Corrige esta frase: yo tiene un gato en la casa de mi abuela",
            "Correct this sentence: yo tiene un gato en la casa de mi abuela",
        ),
        (
            "ru",
            "Продолжи: Вот моя деревня, вот мой дом родной, вот качусь я в санках по горе крутой",
            "Continue: Вот моя деревня, вот мой дом родной, вот качусь я в санках по горе крутой",
        ),
        (
            "zh-Hant",
            "什麼意思：床前明月光疑是地上霜舉頭望明月低頭思故鄉",
            "What does it mean: 床前明月光疑是地上霜舉頭望明月低頭思故鄉",
        ),
        (
            "ja",
            "「昨日は友達と一緒に海へ行きました」を説明して",
            "Explain 「昨日は友達と一緒に海へ行きました」",
        ),
    ],
)
def test_the_sentence_that_a_request_is_about_may_stay_as_it_is(
    source: str, original: str, translated: str
) -> None:
    assert passes(original, translated, source)


@pytest.mark.parametrize(
    ("source", "target", "text"),
    [
        ("id", "ms", "Saya pergi ke pasar bersama ibu saya untuk membeli sayur dan ikan."),
        ("hr", "sr-Latn", "Danas idem u školu s prijateljem i vraćam se kući tek navečer."),
        ("nb", "nn", "I dag skal vi gå på tur i fjellet sammen med alle venene våre."),
        ("zh-Hans", "zh-Hant", "今天我和朋友一起去公园散步然后回家吃饭"),
    ],
)
def test_languages_that_nothing_tells_apart_are_never_held_against_each_other(
    source: str, target: str, text: str
) -> None:
    assert passes(text, text, source, target)


def test_a_text_of_several_lines_is_one_where_any_line_is_translated() -> None:
    text, other, english = SENTENCES["sw"]
    assert not passes(f"{text}\n{other}", f"{text}\n{other}", "sw")
    assert passes(f"{text}\n{other}", f"{english}\n{other}", "sw")


@given(
    st.sampled_from(CASES),
    st.text(max_size=60),
    st.text(max_size=60),
)
def test_whatever_surrounds_a_translation_nothing_else_is_raised(
    case: tuple[str, str, str, str], before: str, after: str
) -> None:
    language, text, _, english = case
    passes(f"{before}{text}{after}", f"{after}{text}{before}", language)
    passes(text, f"{before}{english}", language)


@pytest.mark.skipif(not NTREX.is_dir(), reason="needs NTREX in ../shared/data")
def test_no_translation_by_people_is_refused_and_most_echoes_are() -> None:
    english = (NTREX / "eng-US.txt").read_text("utf-8").splitlines()[100:130]
    assert len(english) == 30
    found = 0
    for name, source in (
        ("spa", "es"),
        ("swa", "sw"),
        ("hin", "hi"),
        ("tam", "ta"),
        ("vie", "vi"),
        ("rus", "ru"),
    ):
        lines = (NTREX / f"{name}.txt").read_text("utf-8").splitlines()[100:130]
        assert all(passes(line, there, source) for line, there in zip(lines, english, strict=True))
        assert all(passes(there, line, "en", source) for line, there in zip(lines, english, strict=True))
        found += sum(not passes(line, line, source) for line in lines)
    assert found >= 0.8 * 180


def test_a_text_of_beginnings_alone_costs_no_more_than_its_length() -> None:
    for text in ("a" * 300_000, "a " * 150_000, "[[1]] " * 20_000, "ก" * 100_000):
        passes(text, text, "sw")
