"""The noise that decides a draw: a hash of (seed, position, draw, token), so that every backend draws the same.

Two steps. A key of 64 bits comes from (seed, position, draw) by SplitMix64's finaliser (Steele, Lea, Flood 2014),
once a draw. A token's 32 bits come from its id and the key by the multiply-and-shift rounds of lowbias32 (Wellons
2018) with one more for the second half of the key, since one XOR of 32 bits would give two draws in 32,768 the same
noise in another order.

Those 32 bits are the leading ones of a uniform in (0, 1); a second hash gives 32 more. A backend that looks for
the largest score need not compute the second for tokens whose leading bits rule them out, which is nearly all. With
32 bits alone a token 23 nats below the highest could never be drawn, and a quarter of a million of them together
are not improbable.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]


def noise_key(seed: int, position: int, draw: int) -> int:
    """64 bits for one draw; any integers, taken modulo 2^64."""
    return split_mix(split_mix(split_mix(seed) + position) + draw)


def exponential_noise(key: int, ids: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """A standard exponential variate for each token id. The token with the least noise / weight is drawn."""
    low, high = np.uint32(key & 0xFFFFFFFF), np.uint32(key >> 32)
    leading = token_hash(ids.astype(np.uint32), low, high)
    trailing = token_hash(leading, high, low)
    uniform = (leading + (trailing + 0.5) * 2.0**-32) * 2.0**-32
    # Rounding can give 1 itself, whose logarithm of the rest is infinite.
    exponential: NDArray[np.float64] = -np.log1p(-np.minimum(uniform, 1 - 2.0**-53))
    return exponential


def token_hash(words: Words, first: np.uint32, second: np.uint32) -> Words:
    """32 bits for each word: three rounds of multiply and shift, keyed before the first and the third."""
    x = words ^ first
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    x = (x ^ (x >> np.uint32(16))) + second
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x31848BAB)
    return x ^ (x >> np.uint32(14))


def split_mix(word: int) -> int:
    """64 bits that look unlike those of any other word: the first output of SplitMix64 started at it."""
    z = (word + 0x9E3779B97F4A7C15) & _ALL
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _ALL
    return z ^ (z >> 31)


_ALL = (1 << 64) - 1
