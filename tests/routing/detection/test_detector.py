import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.detection.detector import load_detector
from routing.detection.fasttext_scores import FastTextScores, bundled_model_path
from routing.errors import ConfigError
from routing.language import NO_LANGUAGE, Detector

SENTENCES = {
    "am": "ሰላም ነው፣ ዛሬ የአየር ሁኔታ እንዴት ነው?",
    "ar": "ما هي أفضل طريقة لتعلم الطبخ في المنزل؟",
    "bg": "Какво трябва да направя, за да науча този език по-бързо?",
    "bn": "আজকের আবহাওয়া কেমন হবে আমাকে বলুন",
    "ckb": "تکایە پێم بڵێ چۆن دەتوانم ئەم کارە بکەم",
    "cs": "Můžeš mi prosím vysvětlit, jak to funguje?",
    "de": "Kannst du mir bitte erklären, wie das funktioniert?",
    "el": "Ποια είναι η καλύτερη συνταγή για μουσακά;",
    "en": "Could you explain to me how this works, please?",
    "es": "¿Podrías explicarme cómo funciona esto, por favor?",
    "eu": "Mesedez, azaldu nola funtzionatzen duen honek.",
    "fa": "لطفا به من بگو که چگونه می‌توانم این کار را انجام دهم",
    "fi": "Voisitko selittää minulle, miten tämä toimii?",
    "fil": "Pwede mo bang ipaliwanag sa akin kung paano ito gumagana?",
    "fr": "Peux-tu m'expliquer comment cela fonctionne ?",
    "ha": "Don Allah ka bayyana mini yadda wannan yake aiki.",
    "he": "אתה יכול להסביר לי איך זה עובד בבקשה?",
    "hi": "क्या आप मुझे समझा सकते हैं कि यह कैसे काम करता है?",
    "hr": "Možete li mi objasniti gdje se nalazi ova riječ u tekstu i tko ju je napisao tijekom prošlog tjedna?",
    "hu": "El tudnád magyarázni, hogyan működik ez?",
    "id": "Bisakah kamu menjelaskan bagaimana cara kerjanya karena saya tidak mengerti?",
    "ig": "Biko kọwaara m otu ihe a si arụ ọrụ.",
    "is": "Gætir þú útskýrt fyrir mér hvernig þetta virkar?",
    "it": "Puoi spiegarmi come funziona, per favore?",
    "ja": "これはどのように動くのか説明してください。",
    "ka": "შეგიძლია ამიხსნა, როგორ მუშაობს ეს?",
    "kk": "Бұл қалай жұмыс істейтінін түсіндіріп бере аласыз ба?",
    "km": "តើអ្នកអាចពន្យល់ខ្ញុំបានទេ?",
    "ko": "이것이 어떻게 작동하는지 설명해 주시겠어요?",
    "lo": "ທ່ານສາມາດອະທິບາຍໃຫ້ຂ້ອຍໄດ້ບໍ?",
    "mk": "Можеш ли да ми објасниш како функционира ова?",
    "mr": "हे कसे काम करते ते तुम्ही मला समजावून सांगू शकता का?",
    "my": "ဒါဘယ်လိုအလုပ်လုပ်လဲ ရှင်းပြပေးပါ",
    "ne": "यो कसरी काम गर्छ भनेर मलाई बताउनुहोस् न।",
    "nl": "Kun je mij alsjeblieft uitleggen hoe dit werkt?",
    "pa": "ਕੀ ਤੁਸੀਂ ਮੈਨੂੰ ਸਮਝਾ ਸਕਦੇ ਹੋ?",
    "pl": "Czy możesz mi wyjaśnić, jak to działa?",
    "ps": "مهرباني وکړئ ما ته ووایاست چې دا څنګه کار کوي",
    "pt": "Você pode me explicar como isso funciona, por favor?",
    "ru": "Объясни мне, пожалуйста, как это работает.",
    "sr-Cyrl": "Можеш ли да ми објасниш где се ово налази и шта значи?",
    "sr-Latn": "Možeš li da mi objasniš gde se ovo nalazi, šta znači i ko je to uvek radio pre mene?",
    "sw": "Tafadhali nieleze jinsi hii inavyofanya kazi.",
    "ta": "இது எப்படி வேலை செய்கிறது என்று விளக்க முடியுமா?",
    "ti": "ብኽብረትኩም እዚ ከመይ ከም ዝሰርሕ ግለጹለይ፣ ኣነ ኣይተረድኣንን።",
    "te": "ఇది ఎలా పనిచేస్తుందో వివరించగలరా?",
    "th": "ช่วยอธิบายให้ฉันฟังหน่อยได้ไหม",
    "tr": "Bunun nasıl çalıştığını bana açıklar mısın?",
    "uk": "Поясни мені, будь ласка, як це працює.",
    "ur": "کیا آپ مجھے سمجھا سکتے ہیں کہ یہ کیسے کام کرتا ہے؟",
    "vi": "Bạn có thể giải thích cho tôi cách hoạt động không?",
    "xh": "Nceda undichazele ukuba le nto isebenza njani kwaye kutheni.",
    "yo": "Ẹ jọ̀wọ́ ṣàlàyé fún mi bí èyí ṣe ń ṣiṣẹ́.",
    "zh-Hans": "请给我解释一下这是怎么工作的。",
    "zh-Hant": "請給我解釋一下這是怎麼運作的。",
    "zu": "Ngicela ungichazele ukuthi lokhu kusebenza kanjani.",
}
ANY_TEXT = st.text(st.characters(), max_size=300)


@pytest.mark.parametrize(("language", "text"), SENTENCES.items(), ids=SENTENCES)
def test_a_sentence_is_told_in_each_language(detector: Detector, language: str, text: str) -> None:
    detection = detector.detect(text)
    assert detection.language == language
    assert not detection.romanised
    assert not detection.mixed


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("สวัสดี", "th"),
        ("გამარჯობა", "ka"),
        ("Բարեւ", "hy"),
        ("안녕", "ko"),
        ("γεια", "el"),
        ("வணக்கம்", "ta"),
        ("హలో", "te"),
        ("ありがとう", "ja"),
        ("谢谢你们", "zh-Hans"),
        ("謝謝你們", "zh-Hant"),
        ("ආයුබෝවන්", "si"),
        ("ສະບາຍດີ", "lo"),
        ("ހަލޯ", "dv"),
    ],
)
def test_a_word_in_a_script_of_its_own_is_certain(detector: Detector, text: str, language: str) -> None:
    detection = detector.detect(text)
    assert (detection.language, detection.source) == (language, "script")
    assert detection.confidence > 0.95


@pytest.mark.parametrize(
    "text",
    ["", " \n\t", "42", "3.14 + 2 = ?", "😀👍🏽👩‍👩‍👧", "...", "https://example.com/ja/", "a@b.org", "`print('hi')`",
     "x = [i ** 2 for i in range(10)]", '{"lang": "en"}', "१२३", "\x00\ufffe", "\ud800"],
)  # fmt: skip
def test_what_holds_no_language_has_none(detector: Detector, text: str) -> None:
    assert detector.detect(text) == NO_LANGUAGE


@pytest.mark.parametrize("text", ["ok", "a", "xyzzy qwrt", "Hm"])
def test_an_undecided_language_is_not_english(detector: Detector, text: str) -> None:
    assert detector.detect(text).language != "en"


def test_code_alone_has_no_language_and_hides_none(detector: Detector) -> None:
    code = "def area(radius):\n    # the area of a circle\n    return 3.14 * radius ** 2"
    assert detector.detect(code) == NO_LANGUAGE
    for language in ("pl", "ar", "hi", "ja", "zh-Hant", "sw"):
        assert detector.detect(f"{SENTENCES[language]}\n{code}").language == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("mujhe kal subah jaldi uthna hai, alarm laga do", "hi-Latn"),
        ("please mera phone check karo na, battery bahut jaldi khatam ho jati hai", "hi-Latn"),
        ("ti kaneis simera, thes na pame mia volta", "el-Latn"),
        ("skazhi mne gde mozhno kupit bilety v teatr", "ru-Latn"),
        ("3ayez a3raf ezay a3mel keda delwa2ti", "ar-Latn"),
        ("kono kotoba wa dou iu imi desu ka", "ja-Latn"),
    ],
)
def test_romanised_text_is_named(detector: Detector, text: str, language: str) -> None:
    detection = detector.detect(text)
    assert (detection.language, detection.romanised) == (language, True)


@pytest.mark.parametrize(("language", "text"), [(k, v) for k, v in SENTENCES.items() if v[0].isascii()])
def test_languages_at_home_in_latin_letters_are_not_romanised(
    detector: Detector, language: str, text: str
) -> None:
    assert not detector.detect(text).romanised


@pytest.mark.parametrize(
    "text",
    [
        f"{SENTENCES['en']} {SENTENCES['es']}",
        f"{SENTENCES['de']} {SENTENCES['en']}",
        f"{SENTENCES['tr']} {SENTENCES['fr']}",
        f"{SENTENCES['en']} {SENTENCES['hi']}",
        f"{SENTENCES['ja']} {SENTENCES['en']}",
        f"{SENTENCES['en']} {SENTENCES['ar']}",
    ],
)
def test_a_text_of_two_halves_is_mixed(detector: Detector, text: str) -> None:
    assert detector.detect(text).mixed


def test_close_relatives_are_alternatives(detector: Detector) -> None:
    detection = detector.detect("apa kabar semua")
    assert {detection.language, *detection.alternatives} >= {"id", "ms"}
    assert detection.language not in detection.alternatives


def test_a_language_says_the_same_in_capitals(detector: Detector) -> None:
    for language in ("es", "ru", "el", "pl", "vi"):
        assert detector.detect(SENTENCES[language].upper()).language == language


@given(ANY_TEXT)
@settings(deadline=None)
def test_no_text_is_an_error(detector: Detector, text: str) -> None:
    detection = detector.detect(text)
    assert 0 <= detection.confidence <= 1
    assert detection.language
    assert detection.language.encode("ascii")


@given(ANY_TEXT)
@settings(deadline=None, max_examples=50)
def test_the_same_text_gets_the_same_answer(detector: Detector, text: str) -> None:
    assert detector.detect(text) == detector.detect(text)


@given(
    st.sampled_from(sorted(SENTENCES)),
    st.integers(0, 80),
    st.sampled_from(["\n", "\r\n", "\u2028", "\t", "\x0b"]),
)
@settings(deadline=None)
def test_line_ends_anywhere_are_only_spaces(detector: Detector, language: str, place: int, end: str) -> None:
    words = SENTENCES[language].split(" ")
    place %= len(words)
    broken = " ".join(words[:place]) + (end if place else "") + " ".join(words[place:])
    assert detector.detect(broken).language == detector.detect(" ".join(words)).language


@given(st.sampled_from(sorted(SENTENCES)), st.integers(1, 80))
@settings(deadline=None)
def test_a_text_cut_in_mid_character_is_no_error(detector: Detector, language: str, place: int) -> None:
    cut = SENTENCES[language][:place]
    detector.detect(cut)
    detector.detect(cut.encode()[:place].decode(errors="surrogateescape"))


def test_a_megabyte_costs_no_more_than_its_ends(detector: Detector) -> None:
    text = (SENTENCES["fr"] + " ") * 25_000
    began = time.thread_time()
    assert detector.detect(text).language == "fr"
    assert time.thread_time() - began < 0.02  # measured: 0.3 ms


def test_a_model_can_be_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "other.ftz"
    path.write_bytes(bundled_model_path().read_bytes())
    assert next(iter(FastTextScores(path).score(SENTENCES["ru"]))) == "ru"


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(json.dumps({"no": "model"}).encode())
    with pytest.raises(ConfigError, match=r"model\.bin"):
        load_detector(path)
    with pytest.raises(ConfigError, match=r"missing\.ftz"):
        load_detector(tmp_path / "missing.ftz")
