"""Little vocabularies of both kinds, and languages of scripts that join, stack, have no spaces or no alphabet."""

from kernels.token_mask import CharacterSet, MaskTable

TEXTS = {
    "hi": "नमस्ते क्षत्रिय",
    "th": "สวัสดีน้ำ",
    "ar": "السلام لآ",
    "zh": "你好世界𠮷",
    "am": "ሰላም ዓለም",
    "ko": "안녕 세상",
}
RANGES = {
    "hi": [(0x0900, 0x097F)],
    "th": [(0x0E00, 0x0E7F)],
    "ar": [(0x0600, 0x06FF)],
    "zh": [(0x4E00, 0x9FFF), (0x20000, 0x20FFF)],
    "am": [(0x1200, 0x137F)],
    "ko": [(0xAC00, 0xD7A3)],
}
SHARED = [(0x20, 0x20), (0x30, 0x39), (0x200C, 0x200D), (0x1F468, 0x1F469)]
FOREIGN = ["hello", "привет", "👩‍👩‍👧"]
BYTES = [bytes([byte]) for byte in range(256)]


def _byte_level() -> list[bytes | None]:
    """Pieces of one to five bytes, cut anywhere: most begin or end within a character."""
    pieces = set(BYTES)
    for data in [text.encode() for text in [*TEXTS.values(), *FOREIGN]]:
        pieces |= {data[start : start + size] for start in range(len(data)) for size in (2, 3, 4, 5)}
    return [*sorted(pieces), None, b"", None]


def _byte_fallback() -> list[bytes | None]:
    """Whole characters and words, and all single bytes."""
    words = [*TEXTS.values(), *FOREIGN]
    wholes = {piece.encode() for word in words for piece in [word, *word, *word.split()]}
    return [*BYTES, *sorted(wholes - set(BYTES)), None, None]


VOCABULARIES = {"byte-level": _byte_level(), "byte fallback": _byte_fallback()}


def tables(vocabulary: str) -> dict[str, MaskTable]:
    """By language. The last token ends an answer."""
    tokens = VOCABULARIES[vocabulary]
    return {
        language: MaskTable(tokens, CharacterSet.of([*ranges, *SHARED]), [len(tokens) - 1])
        for language, ranges in RANGES.items()
    }
