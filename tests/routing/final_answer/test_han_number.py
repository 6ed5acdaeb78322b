"""Numbers in Chinese characters."""

import pytest

from routing.final_answer.han_number import han_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("零", "0"),
        ("三", "3"),
        ("十", "10"),
        ("十八", "18"),
        ("二十", "20"),
        ("一百零五", "105"),
        ("百五十", "150"),
        ("两千", "2000"),
        ("三千零二十", "3020"),
        ("一万", "10000"),
        ("万", "10000"),
        ("七万五千", "75000"),
        ("十二万三千四百五十六", "123456"),
        ("一億二千三百万", "123000000"),
        ("一万亿", "1000000000000"),
        ("三兆五億", "3000500000000"),
        ("壹仟贰佰", "1200"),
        ("二〇二四", "2024"),
        ("負五", "-5"),
        ("マイナス五", "-5"),
        ("三点五", "7/2"),
        ("三分之一", "1/3"),
        ("四分の三", "3/4"),
        ("零分之一", None),
        ("十八个", "18"),
        ("三匹です", "3"),
        ("一般", None),
        ("鸭子", None),
        ("", None),
    ],
)
def test_a_numeral_is_read_where_it_counts(text: str, number: str | None) -> None:
    found = han_number(text)
    assert (None if found is None else str(found)) == number


def test_a_numeral_before_any_word_counts_where_that_is_wanted() -> None:
    assert han_number("一般", counted=False) == 1
