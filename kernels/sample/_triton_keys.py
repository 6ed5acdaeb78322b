"""The keys of the noise on a GPU."""

import triton
import triton.language as tl


@triton.jit  # type: ignore[untyped-decorator]
def noise_key(seed: tl.tensor, position: tl.tensor, draw: tl.tensor) -> tl.tensor:
    """`kernels.sample.noise.noise_key` of int64 numbers, uint64."""
    word = split_mix(seed.to(tl.uint64, bitcast=True)) + position.to(tl.uint64, bitcast=True)
    return split_mix(split_mix(word) + draw.to(tl.uint64))


@triton.jit  # type: ignore[untyped-decorator]
def split_mix(word: tl.tensor) -> tl.tensor:
    """`kernels.sample.noise.split_mix`."""
    z = word + 0x9E3779B97F4A7C15
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB
    return z ^ (z >> 31)
