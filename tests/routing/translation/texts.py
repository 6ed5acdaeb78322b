"""Texts in many scripts with everything in them that must survive a translation."""

from hypothesis import strategies as st

PIECES = [
    "Hujambo, dunia.", "नमस्ते दुनिया।", "สวัสดีชาวโลก", "مرحبا بالعالم؟", "שלום עולם!", "こんにちは、世界。",
    "你好，世界。", "안녕하세요.", "ሰላም ለዓለም።",
    "မင်္ဂလာပါ။", "Привет, мир…", "👩‍👩‍👧 ਸਤਿ", "e\u0301a\u0308", "\u202eabc\u202c",
    "`x = 1`",
    "```py\nprint('न')\n```", "~~~\na\n~~~\n", "https://eg.org/ü?q=1&r=2.", "na@me.org", "5 km",
    "٣٫٥ %", "१२,३४५",
    "$5.50", "$x^2 + 1$", "$$\ny\n$$\n", "\\(a\\)", "{name}", "%s", "{{user}}", "<b>", "</b>", "&amp;", '{"a": "б"}',
    "[1, 2]", "[[1]]", "[[7]]", "<text-1>", "</text-1>", "<part-1>", "| a | b |\n|---|---|\n| 1 | 2 |\n", "# ", "- ",
    "1. ", "> ", "\n", "\n\n", " ", "**", "](", "`", "$", "{", "[", "<",
]  # fmt: skip

MIXED = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=14).map("".join)
"""Everything side by side, also where it makes no sense."""


def cut(text: str, data: st.DataObject) -> list[str]:
    """The text in pieces, cut anywhere: within graphemes too."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
