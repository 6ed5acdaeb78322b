"""Labels of the models, as languages of one naming."""

from functools import lru_cache

from routing.detection.tags import primary_language, tag_of_label, usual_script

# Varieties that the models tell apart badly in short texts, and what they are taken together as.
_TAKEN_AS = {
    "apc": "ar",
    "ary": "ar",
    "arz": "ar",
    "gom": "kok",
    "hbo": "he",
    "uzs": "uz",
    "wuu": "zh",
    "yue": "zh",
}


@lru_cache(maxsize=4096)
def language_of_label(label: str) -> str:
    """The language that a model's label names, without its script, unless it is romanised: ``zh``, ``hi-Latn``."""
    tag = tag_of_label(label)
    language = primary_language(tag)
    if tag.endswith("-Latn") and language not in ("sr", "bs") and usual_script(language) != "Latn":
        return tag
    return _TAKEN_AS.get(language, language)
