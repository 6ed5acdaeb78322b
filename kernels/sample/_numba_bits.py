"""Arithmetic on bits that numba has no words for: float32 to and from its bits, a fast exponential, the noise."""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

I16, I32, I64, U32, U64, F32 = np.int16, np.int32, np.int64, np.uint32, np.uint64, np.float32

LOG2_E, LN_2 = F32(1.4426950408889634), F32(0.6931471805599453)


@intrinsic  # type: ignore[untyped-decorator]
def float_of(_typing: Any, word: Any) -> Any:
    """float32 of a logit's bits: all 32 as int32, or bfloat16's 16 as int16."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        bits, i32 = arguments[0], context.get_value_type(types.int32)
        if word == types.int16:
            bits = builder.shl(builder.zext(bits, i32), i32(16))
        return builder.bitcast(bits, context.get_value_type(types.float32))

    return types.float32(word), generate


@intrinsic  # type: ignore[untyped-decorator]
def bits_of(_typing: Any, _value: Any) -> Any:
    """The bits of a float32, as int32."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int32))

    return types.int32(types.float32), generate


@intrinsic  # type: ignore[untyped-decorator]
def in_wide_vectors(_typing: Any) -> Any:
    """Has LLVM compile the function that calls it to vectors of 512 bits where the processor has them.

    Left to itself it takes 256, for the sake of processors that wide ones slow down: 49,152 exponentials then take
    10.5 µs instead of 8.0, and a draw from 151,936 flat logits 125 instead of 53.
    """

    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        # Past llvmlite's own `add`, which knows only attributes without a value.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.none(), generate


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def rank_of(value: Any) -> Any:
    """An int32 that orders as the float32 does, and which LLVM, unlike a float, reduces to a maximum in vectors."""
    bits = bits_of(value)
    return I32(bits ^ ((bits >> I32(31)) & I32(0x7FFFFFFF)))


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def value_of(rank: Any) -> Any:
    """The float32 of a rank."""
    return float_of(I32(rank ^ ((rank >> I32(31)) & I32(0x7FFFFFFF))))


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def exp_of_negative(x: Any) -> Any:
    """exp(x) for float32 x ≤ 0, within 4e-7 of the value; below −87, and for NaN, about 1e-38."""
    return exp_over_power(x, F32(0.0))


@njit(forceinline=True, fastmath={"contract"})  # type: ignore[untyped-decorator]
def exp_over_power(x: Any, power: Any) -> Any:
    """exp(x) / 2^power for float32 x and a whole power of at most 2^14 in size, where that is at most about 1.

    Within 2e-7 of the value, and 2e-9 for each power of two that exp(x) is from 1; below 2^−126, and for NaN, about
    1e-38.
    """
    least = (power - F32(126.0)) * LN_2
    x = x if x > least else least
    # Adding 1.5 · 2^23 rounds to a whole number, and leaves it in the lowest bits. To take the power off there costs
    # nothing, and with the 127 the lowest bits are those of an exponent.
    rounder = F32(12582912.0 + 127.0) - power
    rounded = x * LOG2_E + rounder
    return _exp_near_0(x - (rounded - rounder) * LN_2) * float_of(I32(bits_of(rounded) << I32(23)))


@njit(forceinline=True, fastmath={"contract"})  # type: ignore[untyped-decorator]
def _exp_near_0(f: Any) -> Any:
    # On [-ln 2 / 2, ln 2 / 2]: least maximum of the relative error, and exactly 1 at 0, so that equal logits weigh the
    # same. Written out because LLVM turns this into vector code, and a call to the C library not: 8 times faster.
    p = F32(0.00829031225)
    p = p * f + F32(0.0418979302)
    p = p * f + F32(0.166676357)
    p = p * f + F32(0.499991506)
    p = p * f + F32(0.999999702)
    return p * f + F32(1.0)


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def token_hash(word: Any, first: Any, second: Any) -> Any:
    """`kernels.sample.noise.token_hash`; every step is cast, as numba makes 64 bits of the product of two of 32."""
    x = U32(word ^ first)
    x = U32(U32(x ^ (x >> U32(16))) * U32(0x7FEB352D))
    x = U32(U32(x ^ (x >> U32(15))) * U32(0x846CA68B))
    x = U32(U32(x ^ (x >> U32(16))) + second)
    x = U32(U32(x ^ (x >> U32(15))) * U32(0x31848BAB))
    return U32(x ^ (x >> U32(14)))


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def exponential_noise(leading: Any, first: Any, second: Any) -> Any:
    """`kernels.sample.noise.exponential_noise` of a token whose leading bits are known."""
    trailing = token_hash(leading, second, first)
    uniform = (leading + (trailing + 0.5) * 2.0**-32) * 2.0**-32
    return -np.log1p(-min(uniform, 1 - 2.0**-53))


@njit  # type: ignore[untyped-decorator]
def noise_key(seed: Any, position: Any, draw: Any) -> Any:
    """`kernels.sample.noise.noise_key`, as its lower and its upper half."""
    key = _split_mix(_split_mix(_split_mix(U64(seed)) + U64(position)) + U64(draw))
    return U32(key & U64(0xFFFFFFFF)), U32(key >> U64(32))


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def _split_mix(word: Any) -> Any:
    z = word + U64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U64(27))) * U64(0x94D049BB133111EB)
    return z ^ (z >> U64(31))
