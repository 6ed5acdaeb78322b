"""Numbers in text: which digits mean what, in the conventions of every language at once."""

import re
from collections.abc import Iterator
from fractions import Fraction

from routing.final_answer.han_number import han_number, unit_value

_CURRENCY = "$€£¥₹₩₽₫₦₱₴₪฿₺₡₲₵₸₼₾₿৳₨៛"
_CODES = re.compile(r"(?<![^\W\d_])(?:us|usd|eur|gbp|inr|rs|rp|rm|kr|nt)\.?(?=[$\d])")
_GROUPED = r"\d{1,3}(?:[ '_]\d{3})+(?![\d])(?:[.,]\d+)?"
_DIGITS = rf"(?:{_GROUPED}|\d+(?:[.,]\d+)*)"
_UNITS = r"(?:[十百千]?[万萬亿億兆]|千(?![克米瓦卡赫字]))"
# A digit behind a Latin letter or a caret belongs to a name or an exponent: H2O, m^2.
_NUMBER = re.compile(
    rf"(?:(?<![\w)\]])(?P<minus>-)\s?)?[{re.escape(_CURRENCY)}]?\s?(?<![a-z^\d])(?<!\d[.,])"
    rf"(?:(?P<han>(?:{_DIGITS}{_UNITS})+(?:\d+)?)"
    rf"|(?:(?P<whole>\d+)\s+)?(?P<over>\d+)\s?/\s?(?P<under>\d+)"
    rf"|(?P<digits>{_DIGITS}))"
)
_PIECE = re.compile(rf"({_DIGITS})({_UNITS}?)")
_CALCULATES = re.compile(r"=\s*+[^\s\d=]*+\d")
_LONGEST_CHARS = 100  # longer ones are no answers, and Python refuses to read far longer ones


def numbers(text: str) -> Iterator[tuple[re.Match[str], Fraction]]:
    """The numbers in a text in the form of `plain`, in order, each with where it stands.

    Whether a point or a comma groups or divides follows from the number itself: of two kinds the last divides; one
    that stands several times groups; one before exactly three digits groups (1.234 is 1,234, as in most languages of
    the world; a text that means 1 + 234/1000 is read wrongly, though always in the same way). Groups may be of three
    or as in India. Percent signs, currencies and units are set aside.
    """
    for match in _NUMBER.finditer(_CODES.sub(" ", text)):
        value = None if match.end() - match.start() > _LONGEST_CHARS else _value(match)
        if value is not None:
            yield match, -value if match["minus"] else value


def first_number(text: str) -> str | None:
    """The number that a stated answer gives: after its last equals sign where it calculates, else its first.

    In Chinese characters too, where the text begins with one.
    """
    shown = text.rpartition("=")[2] if _CALCULATES.search(text) else text
    if (written := han_number(shown.lstrip())) is not None:
        return str(written)
    return next((str(value) for _, value in numbers(shown)), None)


def last_number(text: str) -> str | None:
    """The last number in the text."""
    found = [value for _, value in numbers(text)]
    return str(found[-1]) if found else None


def _value(match: re.Match[str]) -> Fraction | None:
    if match["han"]:
        return _with_units(match["han"])
    if match["over"]:
        below = int(match["under"])
        return int(match["whole"] or 0) + Fraction(int(match["over"]), below) if below else None
    return _decimal(match["digits"])


def _with_units(text: str) -> Fraction | None:
    total = Fraction(0)
    for digits, units in _PIECE.findall(text):
        value = _decimal(digits)
        if value is None:
            return None
        total += value * unit_value(units)
    return total


def _decimal(digits: str) -> Fraction | None:
    digits = re.sub("[ '_]", "", digits)
    signs = [character for character in digits if character in ".,"]
    if not signs:
        return Fraction(digits)
    whole, _, decimals = digits.rpartition(signs[-1])
    if len(set(signs)) == 2:
        return _divided(whole, decimals) if signs.count(signs[-1]) == 1 else None
    if len(signs) > 1:
        return Fraction(digits.replace(signs[0], "")) if _is_grouped(digits.split(signs[0])) else None
    if len(decimals) == 3 and len(whole) <= 3 and not whole.startswith("0"):
        return Fraction(whole + decimals)
    return Fraction(f"{whole}.{decimals}")


def _divided(whole: str, decimals: str) -> Fraction | None:
    groups = re.split("[.,]", whole)
    return Fraction(f"{''.join(groups)}.{decimals}") if _is_grouped(groups) else None


def _is_grouped(groups: list[str]) -> bool:
    first, *middle, last = groups
    sizes = {len(group) for group in middle}
    return 1 <= len(first) <= 3 and len(last) == 3 and (sizes <= {3} or (sizes == {2} and len(first) <= 2))
