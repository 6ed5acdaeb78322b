"""Numbers as languages write them."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.final_answer.number import first_number, last_number
from routing.final_answer.plain import plain


def _last(text: str) -> str | None:
    return last_number(plain(text))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("70000", "70000"),
        ("70,000", "70000"),
        ("70.000", "70000"),
        ("70 000", "70000"),
        ("70\u00a0000", "70000"),
        ("70\u202f000", "70000"),
        ("70\u2009000", "70000"),
        ("70'000", "70000"),
        ("70’000", "70000"),
        ("٧٠٬٠٠٠", "70000"),
        ("70{,}000", "70000"),
        ("1,00,000", "100000"),
        ("१,००,०००", "100000"),
        ("12,34,56,789", "123456789"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("3.5", "7/2"),
        ("3,5", "7/2"),
        ("٣٫٥", "7/2"),
        ("1,234.5", "2469/2"),
        ("1.234,5", "2469/2"),
        ("1 234,5", "2469/2"),
        ("1,00,000.5", "200001/2"),
        ("0.125", "1/8"),
        ("0,125", "1/8"),
        ("12.0", "12"),
        ("1/2", "1/2"),
        ("2/4", "1/2"),
        ("½", "1/2"),
        ("3½", "7/2"),
        ("3 1/2", "7/2"),
        (r"\frac{1}{2}", "1/2"),
        ("1/0", None),
        ("-5", "-5"),
        ("−5", "-5"),
        ("－５", "-5"),
        ("-$5", "-5"),
        ("10-5", "5"),
        ("50%", "50"),
        ("٥٠٪", "50"),
        ("$42", "42"),
        ("42 €", "42"),
        ("₹42", "42"),
        ("Rs42", "42"),
        ("US$42", "42"),
        ("42kg", "42"),
        ("42個", "42"),
        ("8万ドル", "80000"),
        ("3億5000万円", "350000000"),
        ("5千万", "50000000"),
        ("3千克", "3"),
        ("H2O", None),
        ("10²", "10"),
        ("5 m²", "5"),
        ("①", None),
        ("1,2,3", None),
        ("3 und 4", "4"),
        ("9" * 200, None),
    ],
)
def test_a_number_is_read_in_every_convention(text: str, number: str | None) -> None:
    assert _last(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("18 dollars for 9 eggs", "18"),
        ("9 × 2 = 18 dollars", "18"),
        ("十八个鸡蛋", "18"),
        ("= 18", "18"),
        ("keine", None),
    ],
)
def test_a_stated_answer_gives_its_first_number_or_what_it_calculates(text: str, number: str | None) -> None:
    assert first_number(plain(text)) == number


@given(st.integers(1000, 10**15))
def test_grouping_never_changes_a_number(number: int) -> None:
    for sign in ",.'’\u00a0\u202f\u2009 ":
        grouped = f"{number:,}".replace(",", sign)
        if grouped.count(sign) > 1 or sign not in ",.":
            assert _last(f"قيمة {grouped} ฿") == str(number)
    assert _last(f"{number:,}") == _last(f"{number:,}".replace(",", ".")) == str(number)


@given(st.fractions(max_denominator=10**6))
def test_a_fraction_is_read_as_it_is_written(number: object) -> None:
    assert _last(str(number)) == str(number)


@given(st.text(alphabet="0123456789.,' /-−万千٠٩۰%$=", max_size=30))
def test_nothing_made_of_digits_and_signs_is_an_error(text: str) -> None:
    found = _last(text)
    assert found is None or _last(found) == found


@pytest.mark.parametrize("unit", ["=", "= ", "=x", "=٣", "1=", "十="])
def test_what_a_model_in_a_loop_says_is_read_in_linear_time(unit: str) -> None:
    began = process_time()
    first_number(unit * 100_000)
    assert process_time() - began < 4  # some 20 ms; the square of the length would take minutes
