"""Pieces of a page that needs nothing but itself."""

import base64
from collections.abc import Iterable
from html import escape
from pathlib import Path

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; } img { max-width: 100%; }
th, td { text-align: left; padding: .2rem .8rem; border-bottom: 1px solid #ddd; vertical-align: top; }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """The page, its parts one after another below the title."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = f"<h1>{escape(title)}</h1>{''.join(parts)}"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Text in rows; without a heading where there is none."""
    top = f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>" if head else ""
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<table>{top}{body}</table>\n"


def image(path: Path, text: str) -> str:
    """A PNG file, within the page."""
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<p><img alt="{escape(text)}" src="data:image/png;base64,{data}"></p>\n'
