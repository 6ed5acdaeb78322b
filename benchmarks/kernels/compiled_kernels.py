"""Our Triton kernels as they are launched, for `benchmarks.kernels.compiled`."""

from benchmarks.kernels.compiled import Resources, compile_for
from kernels.router_bias._triton import steer_token
from kernels.sample._triton import TILES_AT_ONCE
from kernels.sample._triton_draw import draw_part
from kernels.sample._triton_read import TILE, read_row

CAPABILITIES = (80, 90, 100)
"""A100, H100 and H200, B200."""

_MASKS = {
    "logits": "*bf16",
    "languages": "*u8",
    "language_of_row": "*i32",
    "penalties": "*fp32",
    "grammar": "*u8",
}
_SIZES = dict.fromkeys(("stride", "octets", "grammar_octets", "vocabulary", "tiles"), "i32")


def compiled_router_bias(capability: int, experts: int = 128) -> Resources:
    """A token of Qwen3-30B-A3B's."""
    pointers = {
        "out": "*bf16",
        "logits": "*bf16",
        "weights": "*fp32",
        "kinds": "*i32",
        "profiles": "*i32",
        "strengths": "*fp32",
    }
    sizes = {"stride": "i32", "weight_stride": "i32", "step": "fp32", "experts": "i32"}
    options = {"num_warps": 1, "enable_fp_fusion": False}
    return compile_for(steer_token, pointers | sizes, {"block": experts}, capability, options)


def compiled_read(capability: int, *, masks: bool, grammar: bool, sums: bool) -> Resources:
    """The one read of bfloat16 logits; `instructions / elements_per_thread()` is its price.

    Of a vocabulary and a distance of rows that 16 divides, as models' are: Triton compiles for those apart.
    """
    constants = {"tiles_at_once": TILES_AT_ONCE, "has_masks": masks, "has_grammar": grammar, "has_sums": sums}
    signature = _MASKS | {"outputs": "*fp32"} | _SIZES
    return compile_for(read_row, signature, constants, capability, {"num_warps": 4}, ("stride", "vocabulary"))


def elements_per_thread() -> int:
    """Of the read: logits that each thread has."""
    return TILES_AT_ONCE * int(TILE.value) // (4 * 32)


def compiled_draw(capability: int, *, masks: bool, logprobs: bool) -> Resources:
    """The draws from a few tiles."""
    floats = dict.fromkeys(("maxima", "tops", "temperatures", "cuts"), "*fp32")
    doubles = dict.fromkeys(("floors", "scores", "weights"), "*fp64")
    words = dict.fromkeys(("last_ids", "keys", "winners"), "*i32")
    constants = {"has_masks": masks, "has_grammar": masks, "logprobs": logprobs}
    signature = _MASKS | floats | doubles | words | _SIZES | {"part_tiles": "i32"}
    return compile_for(draw_part, signature, constants, capability, {"num_warps": 4})
