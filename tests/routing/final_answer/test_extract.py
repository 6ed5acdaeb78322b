"""The final answer of texts in many languages, and what its canonical form promises."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.final_answer.extract import AnswerKind, final_answer

MGSM = Path(__file__).parents[4] / "shared/data/mgsm"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Erst 5, dann 6.\n#### 42", "42"),
        (r"Also ist das Ergebnis \boxed{42}.", "42"),
        (r"\boxed{\frac{3}{4}}", "3/4"),
        ("Answer: 42", "42"),
        ("The answer is 42 because 6 × 7 is.", "42"),
        ("答え：４２", "42"),
        ("したがって、答えは42個です。", "42"),
        ("所以答案是十八颗。", "18"),
        ("الجواب: ٤٢", "42"),
        ("إذن الإجابة هي ٤٢ دولارًا.", "42"),
        ("پاسخ: ۴۲", "42"),
        ("इसलिए उत्तर: ४२", "42"),
        ("উত্তর হল ৪২।", "42"),
        ("సమాధానం 11.", "11"),
        ("ดังนั้นคำตอบคือ ๔๒", "42"),
        ("ចម្លើយគឺ ៤២", "42"),
        ("အဖြေ: ၄၂", "42"),
        ("Ответ — 42.", "42"),
        ("따라서 정답은 42입니다.", "42"),
        ("Jibu ni 42.", "42"),
        ("Đáp án là 42.", "42"),
        ("Cevap: 42", "42"),
        ("Answer: −5 °C", "-5"),
        ("Erst dachte ich, die Antwort ist 41. Doch die Antwort ist 42.", "42"),
        ("5 + 6 = 11. 11 + 1 = 12.", "12"),
        ("Sie hat zwanzig Eier.\nAlso verdient sie 18 Dollar.", "18"),
        ("70.000 €", "70000"),
        ("(B)", "B"),
        ("**B**", "B"),
        ("Option B", "B"),
        ("B) Nairobi", "B"),
        ("أ", "A"),
        ("الإجابة: ب", "B"),
        ("پاسخ: گزینه ج", "C"),
        ("คำตอบคือข้อ ข", "B"),
        ("정답: ②", "B"),
        ("答案是C。", "C"),
        ("答え：イ", "B"),
        ("सही उत्तर: (ग)", "C"),
        ("The answer is (C), since it rains.", "C"),
        ("Ja, weil 5 > 3.", "yes"),
        ("はい", "yes"),
        ("いいえ、違います。", "no"),
        ("ไม่ใช่ครับ", "no"),
        ("नहीं, यह गलत है।", "no"),
        ("Ответ: верно", "yes"),
        ("答案：不对", "no"),
        ("\u200fנכון.\u200f", "yes"),
        ('{"b": 1.0, "a": [2, "é"]}', '{"a":[2,"é"],"b":1}'),
        ('Bitte:\n```json\n{"b": 1e0}\n```\nFertig.', '{"b":1}'),
        ("La respuesta es París.", "parís"),
        ("«Нью‑Йорк»", "нью‐йорк"),
        ("ＰＡＲＩＳ", "paris"),
        ("क्षत्रिय।", "क्षत्रिय"),
        ("A cat", "a cat"),
        ("No man is an island", "no man is an island"),
        ("12 de mayo de 1990", "12 de mayo de 1990"),
        ("一般", "一般"),
        ("", None),
        ("…", None),
        ("Lange Rede ohne Zahl und ohne Schluss, " * 5, None),
    ],
)
def test_the_answer_is_found_whatever_its_kind(text: str, answer: str | None) -> None:
    assert final_answer(text) == answer


@pytest.mark.parametrize(
    ("kind", "text", "answer"),
    [
        ("number", "To answer this question, we add 5 apples and 6: 11 apples.", "11"),
        ("number", "Yes, there are 3.", "3"),
        ("number", "keine", None),
        ("number", "三分之一", "1/3"),
        ("choice", "I weigh (A) and (B), and take (B) as it is warmer", "B"),
        ("choice", "Ich nehme 3", None),
        ("boolean", "Let me think.\nYes.", "yes"),
        ("boolean", "7", None),
        ("json", "42", None),
        ("json", '{"a": NaN}', None),
        ("json", "[" * 100_000, None),
        ("short", "Réponse : 12 mai 1990", "12 mai 1990"),
        ("short", "Some thoughts.\nالقاهرة.", "القاهرة"),
    ],
)
def test_a_kind_that_is_asked_for_is_the_only_one_looked_for(
    kind: AnswerKind, text: str, answer: str | None
) -> None:
    assert final_answer(text, kind) == answer


_PIECES = [
    "答え：", "Answer: ", "the answer is ", "الجواب ", "คำตอบคือ", "#### ", "\\boxed{", "}", "**", "`", "```\n", "\n",
    "(B)", "b", "②", "ข", "ใช่", "no", "yes, ", "نعم", "१२", "٣٫٥", "1.234", "1/2", "½", "²", "−", "三", "分之", "万",
    "%", "$", " ", "=", "«", "।", "\u200f", "\u200d", "é", "e\u0301", "İ", "ß", "ﬁ", '{"a": 1}', "[", "option ", ".",
]  # fmt: skip
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join) | st.text(max_size=40)
_KINDS = st.sampled_from(["auto", "number", "choice", "boolean", "json", "short"])


@given(_TEXTS, _KINDS)
def test_the_canonical_form_of_a_canonical_form_is_itself(text: str, kind: AnswerKind) -> None:
    answer = final_answer(text, kind)
    assert answer is None or final_answer(answer, kind) == answer


@given(
    st.integers(-(10**12), 10**12),
    st.sampled_from(["Answer: {}", "答えは{}です", "الجواب هو {}.", "คำตอบคือ {}", "{}"]),
)
def test_a_number_is_found_in_the_digits_of_every_script(number: int, template: str) -> None:
    for zero in "٠۰०০੦૦௦౦೦൦๐໐༠၀០０":
        written = "".join(chr(ord(zero) + int(digit)) if digit.isdigit() else digit for digit in str(number))
        assert final_answer(template.format(written)) == str(number)


@pytest.mark.skipif(not MGSM.exists(), reason="needs ../shared/data/mgsm")
@pytest.mark.parametrize("kind", ["number", "auto"])
def test_the_answers_of_worked_examples_are_found_in_every_language(kind: AnswerKind) -> None:
    document = json.loads((MGSM / "exemplars.json").read_text("utf-8"))
    numbers = document["EXEMPLAR_NUMBER_ANSWERS"]
    wrong = [
        (language, key)
        for language, examples in document["MGSM_EXEMPLARS"].items()
        for key, example in examples.items()
        if final_answer(example["a"], kind) != str(numbers[int(key) - 1])
    ]
    assert not wrong
