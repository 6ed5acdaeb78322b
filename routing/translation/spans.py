"""Where in a text stands what a translation must not touch: code, links, data, maths, markup, placeholders, numbers."""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

# Letters of scripts that write words apart. A digit beside one is part of a name (H2O, COVID-19), beside others it is
# a number: 5个, ราคา5บาท.
LETTER = r"A-Za-z\u00c0-\u024f\u0370-\u052f_"

_UNITS = (
    "km/h|m/s|km²|m²|m³|km|cm|mm|nm|kg|mg|µg|ml|kW|MW|GW|kWh|Wh|kHz|MHz|GHz|Hz|KB|MB|GB|TB|KiB|MiB|GiB|ms|µs|min|"
    "hPa|kPa|Pa|°C|°F|°|px|pt|rpm|dB|mol|[mglLhsVWAKNJ]"
)
_CURRENCY = "[$€£¥₹₽₦฿₩₪₫₺₴]"
_IN_LINK = r"""(?:[^\s<>"'`()\[\]）」』。，、]|\([^\s<>()]*\))"""
_ENDS_LINK = r"""(?:[^\s<>"'`()\[\]）」』。，、.,;:!?*]|\([^\s<>()]*\))"""
_NOT_ASCII = r"[^\s\x00-\x7f，。、；：！？「」『』（）“”‘’…]"
_LABEL = rf"(?:[A-Za-z0-9-]+|{_NOT_ASCII}+)"

# Each alternative that has a beginning and an end stops where it begins anew, and each repetition is possessive where
# giving back cannot help: otherwise a text of beginnings alone would cost the square of its length.
_ALTERNATIVES = rf"""
    (?P<code>^[ \t>]*(?P<fence>`{{3,}}+|~{{3,}}+)[^\n`]*+(?:\n(?s:.*?)(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)|\Z)
      | (?<!`)(?P<ticks>`++)(?s:.+?)(?<!`)(?P=ticks)(?!`))
  | (?P<link>(?<![A-Za-z0-9])(?:(?:https?|ftp|file)://|mailto:|tel:|www\.){_IN_LINK}*{_ENDS_LINK})
  | (?P<mail>(?:(?<![A-Za-z0-9.+_-])[A-Za-z0-9.+_-]++|(?<!{_NOT_ASCII}){_NOT_ASCII}++)@{_LABEL}(?:\.{_LABEL})+)
  | (?P<maths>\$\$(?s:(?:(?!\$\$).)+)\$\$
      | \\\((?s:(?:(?!\\[()]).)+)\\\) | \\\[(?s:(?:(?!\\[\[\]]).)+)\\\]
      | (?<![\w$])\$(?![\s$])[^$\n]*(?<!\s)\$(?![\w$]))
  | (?P<html></?[A-Za-z][^<>\n]*+> | <!--(?s:(?:(?!<!--|-->).)*)--> | &(?:[A-Za-z]+|\#\d+);)
  | (?P<placeholder>\{{\{{[^{{}}\n]*+\}}\}} | \$?\{{[^{{}}\s"',;]{{0,80}}+\}}
      | %(?:\(\w+\))?(?:\d+\$)?[-+0\#]?\d*(?:\.\d+)?[sdifgexXc](?!\w))
  | (?P<name>(?<![{LETTER}\d])[{LETTER}]++-?\d[{LETTER}\d]*+(?:[./-]\d[{LETTER}\d]*+)*+)
  | (?P<number>(?<![{LETTER}\d])[-+−±]?(?:{_CURRENCY}\s?)?\d++(?:[.,:/٫٬'’\u00a0\u202f-]?\d++)*+
      (?:\s?(?:%|٪|{_CURRENCY}|(?:{_UNITS})(?![{LETTER}\d])))?
      (?![{LETTER}\d]))
"""
_FLAGS = re.VERBOSE | re.MULTILINE
_SPAN = re.compile(_ALTERNATIVES, _FLAGS)
# Brackets nested deeper than anybody writes are not tried one by one: the decoder would go to the bottom each time.
_SPAN_OR_BRACE = re.compile(
    rf"""(?P<brace>[{{\[](?=\s*["{{\[\d\-tfn\]}}])(?!(?:\s*[{{\[]){{50}})) | {_ALTERNATIVES}""", _FLAGS
)
_ORDINAL = re.compile(r"^[ \t>]*\d{1,9}(?=[.)]\s)", re.MULTILINE)
_DECODER = json.JSONDecoder()
# What failed attempts at JSON may read, for each character of the text.
_ATTEMPTS_PER_CHAR = 8


def spans_of(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each span, in order, none within another.

    Numbers of list items are none: a list is to be seen as one. Nor are digits in names (``GPT-4``, ``v1.2``). Time and
    work grow with the text's length, whatever it holds; JSON after very many beginnings that were none is not sought.
    """
    ordinals = {match.end() for match in _ORDINAL.finditer(text)}
    left = _ATTEMPTS_PER_CHAR * len(text) + 1000
    position = 0
    while match := (_SPAN_OR_BRACE if left > 0 else _SPAN).search(text, position):
        kind, (start, position) = match.lastgroup, match.span()
        if kind == "brace":
            end, read = _json_end(text, start)
            left -= read
            if end is None and (other := _SPAN.match(text, start)):
                end = other.end()
            position = end or position
            if end is None:
                continue
        if kind != "name" and not (kind == "number" and position in ordinals):
            yield start, position


def _json_end(text: str, start: int) -> tuple[int | None, int]:
    """Where an object or array that is not empty ends, None where there is none; how much an attempt read in vain."""
    value: Any
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        is_to_the_end = error.msg.startswith("Unterminated")
        return None, (len(text) if is_to_the_end else error.pos) - start
    except RecursionError:
        return None, 3 * sys.getrecursionlimit()
    return (end if value else None), 0
