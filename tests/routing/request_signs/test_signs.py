"""What a request's own words say of languages and of translating, in many languages."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.request_signs.lexicon import known_languages
from routing.request_signs.signs import RequestSigns, read_signs

NAMED = [
    ("es", "Respóndeme en inglés, por favor. ¿Qué es la fotosíntesis?", "en"),
    ("es", "Traduce esta frase al alemán: el perro duerme", "de"),
    ("pt", "Responda em francês: qual é a capital do Brasil?", "fr"),
    ("fr", "Réponds en espagnol : quelle est la capitale de la France ?", "es"),
    ("it", "Rispondi in tedesco: qual è la capitale d'Italia?", "de"),
    ("de", "Schreib einen kurzen Text auf Swahili über Löwen.", "sw"),
    ("nl", "Antwoord in het Engels: wat is de hoofdstad?", "en"),
    ("sv", "Svara på engelska: vad är huvudstaden?", "en"),
    ("fi", "Vastaa englanniksi: mikä on Suomen pääkaupunki?", "en"),
    ("pl", "Odpowiedz po angielsku: stolica Polski?", "en"),
    ("cs", "Odpověz v angličtině: jaké je hlavní město?", "en"),
    ("hu", "Válaszolj angolul: mi Magyarország fővárosa?", "en"),
    ("el", "Απάντησε στα αγγλικά: ποια είναι η πρωτεύουσα;", "en"),
    ("ru", "Ответь по-английски: столица России?", "en"),
    ("ru", "Переведи на немецкий: доброе утро", "de"),
    ("uk", "Дай відповідь англійською: столиця України?", "en"),
    ("tr", "İngilizce cevap ver: Türkiye'nin başkenti neresi?", "en"),
    ("ar", "أجب بالإنجليزية: ما هي عاصمة مصر؟", "en"),
    ("fa", "به انگلیسی جواب بده: پایتخت ایران کجاست؟", "en"),
    ("he", "ענה באנגלית: מהי בירת ישראל?", "en"),
    ("ur", "انگریزی میں جواب دیں: پاکستان کا دارالحکومت کیا ہے؟", "en"),
    ("hi", "इसका अंग्रेज़ी में अनुवाद करो: मैं घर जा रहा हूँ", "en"),
    ("bn", "ইংরেজিতে উত্তর দাও: বাংলাদেশের রাজধানী কী?", "en"),
    ("ta", "ஆங்கிலத்தில் பதில் சொல்: தமிழ்நாட்டின் தலைநகரம்?", "en"),
    ("zh", "用英语回答：什么是光合作用？", "en"),
    ("zh-Hant", "請用日語回答：台灣的首都在哪裡？", "ja"),
    ("ja", "フランス語で答えてください。日本の首都は？", "fr"),
    ("ko", "영어로 대답해 줘: 한국의 수도는?", "en"),
    ("vi", "Hãy trả lời bằng tiếng Anh: thủ đô Việt Nam?", "en"),
    ("th", "ตอบเป็นภาษาอังกฤษ: เมืองหลวงของไทยคือ", "en"),
    ("id", "Jawab dalam bahasa Inggris: apa ibu kota Indonesia?", "en"),
    ("sw", "Jibu kwa Kiingereza: mji mkuu wa Kenya ni upi?", "en"),
    ("am", "በእንግሊዝኛ መልስ: የኢትዮጵያ ዋና ከተማ?", "en"),
    ("en", "Answer in French: what is photosynthesis?", "fr"),
    ("sw", "Mji mkuu wa Kenya ni upi? Answer in Hindi.", "hi"),
    ("en", "Generate an essay in traditional Chinese about rivers.", "zh-Hant"),
    ("und", "Respond in Thai.", "th"),
]

NOT_NAMED = [
    ("en", "I am learning French and love it"),
    ("en", "Tell me about the French revolution"),
    ("en", "Explain the German word 'Schadenfreude'"),
    ("en", "Write a story about an English teacher"),
    ("en", "Translate this Python function to Rust"),
    ("en", "The book was written in French by Camus. Summarize it."),
    ("en", "Is the translation of the protein complete?"),
    ("en", 'The sign said "answer in Spanish". What does that tell us?'),
    ("de", "Erzähl mir von der deutschen Sprache im Mittelalter."),
    ("es", "Háblame de la lengua árabe y su historia."),
    ("hi", "मुझे अंग्रेज़ी साहित्य के बारे में बताओ"),
    ("zh", "请介绍一下英语文学的历史"),
    ("ja", "英語の先生について話してください"),
    ("ru", "Расскажи об английской королеве"),
    ("ar", "اكتب عن الأدب الإنجليزي"),
    ("sw", "Eleza historia ya lugha ya Kiswahili"),
    ("th", "เล่าเรื่องวรรณคดีอังกฤษ"),
]


@pytest.mark.parametrize(("language", "text", "target"), NAMED)
def test_the_language_that_a_request_names_is_found(language: str, text: str, target: str) -> None:
    assert read_signs(text, language).target == target


@pytest.mark.parametrize(("language", "text"), NOT_NAMED)
def test_a_language_that_is_only_talked_about_is_not_taken_for_the_answer_s(language: str, text: str) -> None:
    assert read_signs(text, language).target is None


@pytest.mark.parametrize(
    ("language", "text", "sign"),
    [
        ("es", "Traduce esta frase al alemán: el perro duerme", "translation_request"),
        ("hi", "इसका अंग्रेज़ी में अनुवाद करो: मैं घर जा रहा हूँ", "translation_request"),
        ("en", "How do you say hello in Spanish?", "translation_request"),
        ("fr", "Comment dit-on chat en espagnol ?", "translation_request"),
        ("ja", "「ありがとう」は英語でどう言いますか", "translation_request"),
        ("fr", "Réponds en anglais et en espagnol.", "several_languages"),
        ("es", "Hola, ¿qué tal?", "small_talk"),
        ("sw", "Habari za asubuhi?", "small_talk"),
        ("ar", "صباح الخير", "small_talk"),
        ("th", "สวัสดี สบายดีไหม", "small_talk"),
        ("en", "What do we eat at weddings in our country?", "culture_bound"),
        ("sw", "Nieleze methali hii: haraka haraka haina baraka", "culture_bound"),
        ("ru", "Что значит эта пословица?", "culture_bound"),
        ("en", "Extract the names from this text: ...", "span_extraction"),
        ("de", "Gib den Satz wörtlich wieder.", "span_extraction"),
        ("en", "```py\nprint(1)\n```", "code_only"),
    ],
)
def test_each_sign_is_seen(language: str, text: str, sign: str) -> None:
    assert getattr(read_signs(text, language), sign)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Translate this function to Rust and keep the comments."),
        ("es", "Traduce esta función de Python a Java."),
        ("zh", "把这段 Python 代码翻译成 Java。"),
        ("en", "How does translation of a protein begin in the ribosome?"),
        ("en", "I had to translate all day. How can I rest my eyes?"),
        ("en", "Fix this:\n```\n# translate to German\nx = t(y)\n```"),
        ("ru", "Вчера мне пришлось переводить на немецкий, и я устал."),
    ],
)
def test_what_is_no_request_to_translate_language_is_not_taken_for_one(language: str, text: str) -> None:
    signs = read_signs(text, language)
    assert (signs.translation_request, signs.target) == (False, None)


@pytest.mark.parametrize(
    ("language", "text", "target"),
    [
        ("en", "Translate to German: Answer in French.", "de"),
        ("es", "Traduce al alemán: Hola, responde en inglés.", "de"),
        ("ja", "英語に訳してください：フランス語で答えてください。", "en"),
    ],
)
def test_what_is_to_be_translated_asks_for_nothing(language: str, text: str, target: str) -> None:
    assert read_signs(text, language).target == target


def test_a_document_between_instruction_and_question_names_no_language() -> None:
    document = "Jibu kwa Kiingereza. " * 200
    assert read_signs("Eleza hati hii. " + "Neno " * 200 + document + "maneno " * 200, "sw").target is None


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_text_cut_anywhere_in_a_grapheme_is_read_all_the_same(cut: int) -> None:
    text = "क्ष्मा🏳️‍🌈é अंग्रेज़ी में जवाब दो"
    assert read_signs(text[cut:], "hi").target == "en"
    assert isinstance(read_signs(text[:-cut], "hi"), RequestSigns)


@given(st.text(max_size=300), st.sampled_from([*sorted(known_languages()), "und", "zxx", "nonsense!"]))
def test_no_text_and_no_language_is_too_odd(text: str, language: str) -> None:
    assert isinstance(read_signs(text, language), RequestSigns)


@pytest.mark.parametrize(
    "text",
    [
        "in " * 50_000,
        "answer in " * 20_000,
        "tradu" * 40_000,
        "\u0301" * 100_000,
        '"' * 99_999,
        "“" * 50_000,
        "in French and " * 9_000,
        "用英语和" * 20_000,
        "،" * 90_000,
        "'a '" * 30_000,
        "\ud800" * 9_000,
        "{[(<" * 20_000,
        "a_b " * 20_000,
        "> \n" * 20_000,
        "a\n" * 30_000,
        "7 " * 500_000,
    ],
)
def test_long_and_hostile_texts_cost_no_more_than_their_ends(text: str) -> None:
    for language in ("es", "ja", "und"):
        assert min(_cost_s(text, language) for _ in range(5)) < 0.05


def _cost_s(text: str, language: str) -> float:
    began = time.process_time()
    read_signs(text, language)
    return time.process_time() - began


def test_sentences_of_news_name_no_language(data_dir: Path) -> None:
    files = {"swa": "sw", "hin": "hi", "arb": "ar", "tha": "th", "rus": "ru", "jpn": "ja"}
    lines = 0
    for code, language in files.items():
        for path in (data_dir / "ntrex").glob(f"{code}*.txt"):
            for line in path.read_text(encoding="utf-8").splitlines()[:100]:
                lines += 1
                assert read_signs(line, language).target is None, line
    assert lines >= 300


@pytest.fixture
def data_dir() -> Path:
    path = Path(__file__).resolve().parents[4] / "shared" / "data"
    if not (path / "ntrex").is_dir():
        pytest.skip(f"no data in {path}")
    return path
