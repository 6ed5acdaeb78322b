"""Languages that texts of some words do not tell apart, written by hand from general knowledge of the languages."""

from functools import lru_cache
from typing import Literal

Kinship = Literal["same", "twins", "cousins", "none"]
"""How alike two languages look. ``twins`` are not told apart at all, ``cousins`` by longer texts."""

_TWINS = (
    "hr sr bs sh cnr",
    "id ms zsm",
    "nb nn no",
    "hi bho mai awa mag hne",
    "zh yue wuu lzh hak gan nan",
    "ar arz ary apc ajp acm arq aeb acq afb",
    "zu xh nr ss",
    "st tn nso",
    "fa prs",
    "en sco",
    "de gsw bar nds",
    "rw rn",
    "ku kmr",
    "om orm",
)  # fmt: skip
_COUSINS = (
    "nb nn no da sv fo",
    "cs sk",
    "gl pt es ast an ext ca oc cbk lad mwl",
    "it scn vec nap lmo pms fur co lij sc",
    "fr oc wa frp ht gcf",
    "ca oc",
    "nl af li nds vls zea fy",
    "de lb gsw bar nds yi ksh pfl",
    "ru uk be rue",
    "bg mk",
    "hr sr bs sh sl",
    "az tr tk crh gag",
    "kk ky tt ba kaa",
    "uz ug tk",
    "hi mr ne sa kok doi gom",
    "ur pa sd skr fa",
    "fa ps ckb glk mzn",
    "id ms jv su min bjn ace",
    "fil tl ceb ilo war hil bcl pam pag",
    "zu xh nr ss nd",
    "st tn nso ts",
    "rw rn lg ny sn sw ln",
    "am ti",
    "ga gd gv",
    "is fo",
    "fi et vro krl",
    "bn as",
    "en pcm jam bi tpi",
    "sw swc",
    "eo ia ie io",
    "mi sm to haw ty",
)  # fmt: skip


@lru_cache(maxsize=4096)
def kinship(one: str, other: str) -> Kinship:
    """How alike two languages look; their tags without script and region."""
    if one == other:
        return "same"
    pair = {one, other}
    if any(pair <= set(family.split()) for family in _TWINS):
        return "twins"
    return "cousins" if any(pair <= set(family.split()) for family in _COUSINS) else "none"
