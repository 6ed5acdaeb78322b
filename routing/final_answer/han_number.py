"""Numbers in Chinese characters, as Chinese and Japanese write them."""

import re
from fractions import Fraction

_DIGITS = {
    **dict(zip("零一二三四五六七八九", range(10), strict=True)),
    **dict(zip("〇壹贰叁肆伍陆柒捌玖", range(10), strict=True)),
    "两": 2,
    "兩": 2,
    "貳": 2,
    "參": 3,
    "陸": 6,
}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}

_NUMERAL = f"[{''.join([*_DIGITS, *_SMALL, *_LARGE])}]"
_WHOLE = re.compile(
    rf"(?P<minus>负|負|マイナス)?(?P<first>{_NUMERAL}{{1,40}})(?:(?P<join>分之|分の|点|點)(?P<second>{_NUMERAL}{{1,40}}))?"
)
# What may follow a numeral that counts something; other letters make it part of a word (一般, 一定).
_COUNTED = re.compile(
    r"\s*(?:$|[^\w]|[个個颗顆只隻匹元円圆块塊本人枚台歳岁年月日天分秒小时時米公斤倍回次件張张条條名位頭头羽冊册杯階层層度つ美ドで所里])"
)


def han_number(text: str, *, counted: bool = True) -> Fraction | None:
    """The number that the text begins with; None where it begins with none.

    counted: only if it stands alone or before a word that it counts.
    """
    match = _WHOLE.match(text)
    if not match or (counted and not _COUNTED.match(text, match.end())):
        return None
    value = _joined(_whole(match["first"]), match["join"], match["second"])
    return -value if value is not None and match["minus"] else value


def unit_value(units: str) -> int:
    """What the units after digits multiply by: 万 is 10,000, 千万 is 10,000,000; 1 for none."""
    product = 1
    for unit in units:
        product *= _SMALL.get(unit) or _LARGE[unit]
    return product


def _joined(first: int, join: str | None, second: str | None) -> Fraction | None:
    if join is None or second is None:
        return Fraction(first)
    if join in {"分之", "分の"}:  # the denominator comes first
        return Fraction(_whole(second), first) if first else None
    decimals = "".join(str(_DIGITS[digit]) for digit in second if digit in _DIGITS)
    return first + Fraction(int(decimals or "0"), 10 ** len(decimals))


def _whole(numeral: str) -> int:
    if all(character in _DIGITS for character in numeral):
        return int("".join(str(_DIGITS[character]) for character in numeral))
    total = section = digit = 0
    for character in numeral:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _SMALL:
            section += (digit or 1) * _SMALL[character]
            digit = 0
        else:
            total = (
                (total + section + digit or 1) * _LARGE[character]
                if _LARGE[character] > total
                else total + (section + digit) * _LARGE[character]
            )
            section = digit = 0
    return total + section + digit
