"""Our Triton kernels as they are launched, for `benchmarks.kernels.compiled`."""

from benchmarks.kernels.compiled import Resources, compile_for
from kernels.router_bias._triton import steer_token
from kernels.sample._triton import BLOCK
from kernels.sample._triton_draw import draw_part
from kernels.sample._triton_read import read_row

CAPABILITIES = (80, 90, 100)
"""A100, H100 and H200, B200."""

_MASKS = {
    "logits": "*bf16",
    "languages": "*i32",
    "language_of_row": "*i32",
    "penalties": "*fp32",
    "grammar": "*i32",
}
_SIZES = dict.fromkeys(("stride", "words", "grammar_words", "vocabulary", "tiles"), "i32")


def compiled_router_bias(capability: int, experts: int = 128) -> Resources:
    """A token of Qwen3-30B-A3B's."""
    pointers = {
        "logits": "*bf16",
        "weights": "*fp32",
        "kinds": "*i32",
        "profiles": "*i32",
        "strengths": "*fp32",
    }
    sizes = {"stride": "i32", "weight_stride": "i32", "eps": "fp32", "experts": "i32"}
    options = {"num_warps": 1, "enable_fp_fusion": False}
    return compile_for(steer_token, pointers | sizes, {"block": experts}, capability, options)


def compiled_read(capability: int, *, masks: bool, sums: bool) -> Resources:
    """The one read of bfloat16 logits; `instructions / elements_per_thread()` is its price."""
    outputs = dict.fromkeys(("maxima", "free_maxima", "sums"), "*fp32")
    constants = {"block": BLOCK, "has_masks": masks, "has_grammar": masks, "has_sums": sums}
    return compile_for(read_row, _MASKS | outputs | _SIZES, constants, capability, {"num_warps": 8})


def elements_per_thread() -> int:
    """Of the read: logits that each thread has."""
    return BLOCK // (8 * 32)


def compiled_draw(capability: int, *, masks: bool, logprobs: bool) -> Resources:
    """The draws from a few tiles."""
    floats = dict.fromkeys(("maxima", "tops", "temperatures", "cuts"), "*fp32")
    doubles = dict.fromkeys(("floors", "scores", "weights"), "*fp64")
    words = dict.fromkeys(("last_ids", "keys", "winners"), "*i32")
    constants = {"has_masks": masks, "has_grammar": masks, "logprobs": logprobs}
    signature = _MASKS | floats | doubles | words | _SIZES | {"part_tiles": "i32"}
    return compile_for(draw_part, signature, constants, capability, {"num_warps": 4})
