"""How a request asks for a language mask: vLLM's own extra arguments (``vllm_xargs``), so that no field is invented."""

from collections.abc import Mapping
from typing import Any, get_args

from routing.generation import Mask, MaskMode
from routing.language_ranges import policy_tag
from routing.mask_scripts import has_own_script

MASK_ARGUMENT = "dragoman_mask"
LATIN_ARGUMENT = "dragoman_mask_latin"
MODE_ARGUMENT = "dragoman_mask_mode"


def mask_arguments(mask: Mask) -> dict[str, str | int]:
    """For the body's ``vllm_xargs``, beside whatever else is there."""
    return {MASK_ARGUMENT: mask.language, LATIN_ARGUMENT: int(mask.latin), MODE_ARGUMENT: mask.mode}


def wanted_mask(arguments: Mapping[str, Any] | None) -> Mask | None:
    """The mask that a request's extra arguments ask for. Raises `ValueError` that names what is wrong."""
    if not arguments or MASK_ARGUMENT not in arguments:
        return None
    latin, mode = arguments.get(LATIN_ARGUMENT, 1), arguments.get(MODE_ARGUMENT, "hard")
    if latin not in (0, 1):
        raise ValueError(f"{LATIN_ARGUMENT} must be 0 or 1")
    if mode not in get_args(MaskMode):
        raise ValueError(f"{MODE_ARGUMENT} must be one of {', '.join(get_args(MaskMode))}")
    return Mask(_language(arguments[MASK_ARGUMENT]), bool(latin), mode)


def _language(asked: Any) -> str:
    if not isinstance(asked, str):
        raise ValueError(f"{MASK_ARGUMENT} must be a language tag")  # noqa: TRY004  # vLLM makes a 400 of this
    try:
        tag = policy_tag(asked)
    except ValueError:
        raise ValueError(f"{MASK_ARGUMENT}: `{asked[:40]}` is not a BCP-47 language tag") from None
    if not has_own_script(tag):
        raise ValueError(f"{MASK_ARGUMENT}: `{tag}` has no script of its own to hold a text to")
    return tag
