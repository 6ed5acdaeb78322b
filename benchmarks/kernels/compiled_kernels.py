"""Our Triton kernels as they are launched, for `benchmarks.kernels.compiled`."""

from benchmarks.kernels.compiled import Resources, compile_for
from kernels.router_bias._triton import steer_token
from kernels.sample._triton import PARTS_AT_ONCE, TILES_AT_ONCE, TILES_SUMMED_AT_ONCE
from kernels.sample._triton_draw import draw_part
from kernels.sample._triton_read import TILE, read_row
from kernels.sample._triton_rows import choose_token, sum_up_row

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


def compiled_rows(capability: int, *, masks: bool) -> Resources:
    """What the tiles of a row come to."""
    floats = dict.fromkeys(("tile_outputs", "tops", "log_sum_exp", "language_mass", "penalties"), "*fp32")
    words = {"language_of_row": "*i32", "language": "*i32", "exact_log_sum_exp": "*fp64", "tiles": "i32"}
    constants = {
        "block": TILES_SUMMED_AT_ONCE,
        "has_masks": masks,
        "has_grammar": masks,
        "has_sums": True,
    }
    return compile_for(sum_up_row, floats | words, constants, capability, {"num_warps": 4})


def compiled_draw(capability: int, *, masks: bool, ranks: bool, logprobs: bool) -> Resources:
    """The draws from a few tiles."""
    floats = dict.fromkeys(("maxima", "tops", "temperatures", "min_ps", "cuts"), "*fp32")
    doubles = dict.fromkeys(("floors", "scores", "weights"), "*fp64")
    words = {"last_ids": "*i32", "winners": "*i32", "seeds": "*i64", "positions": "*i64"}
    constants = {"has_masks": masks, "has_grammar": masks, "has_ranks": ranks, "logprobs": logprobs}
    signature = _MASKS | floats | doubles | words | _SIZES | {"part_tiles": "i32"}
    return compile_for(draw_part, signature, constants, capability, {"num_warps": 4})


def compiled_choice(capability: int, *, masks: bool, logprobs: bool) -> Resources:
    """The best of a draw's parts."""
    masked = {name: kind for name, kind in _MASKS.items() if name != "grammar"}
    floats = dict.fromkeys(("temperatures", "tops", "raw", "processed"), "*fp32")
    doubles = dict.fromkeys(("scores", "weights", "exact_log_sum_exp"), "*fp64")
    words = {"winners": "*i32", "ids": "*i32"}
    sizes = dict.fromkeys(("stride", "octets", "vocabulary", "parts"), "i32")
    constants = {"block": PARTS_AT_ONCE, "has_masks": masks, "logprobs": logprobs}
    signature = masked | floats | doubles | words | sizes
    return compile_for(choose_token, signature, constants, capability, {"num_warps": 1})
