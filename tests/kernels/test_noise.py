from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.sample.noise import exponential_noise, noise_key, split_mix, token_hash
from tests.kernels.statistics_checks import p_value

Keys = Callable[[int], int]

STREAMS: list[Keys] = [
    lambda i: noise_key(i, 5, 1),
    lambda i: noise_key(7, i, 1),
    lambda i: noise_key(7, 5, i),
    lambda i: noise_key(i << 32, 0, 0),
    lambda i: noise_key(-i, i, 0),
]


def uniforms(keys: range, ids: NDArray[np.int64], stream: Keys = STREAMS[0]) -> NDArray[np.float64]:
    return np.exp(-np.stack([exponential_noise(stream(i), ids) for i in keys]))


def test_the_noise_is_the_same_for_ever() -> None:
    """A change would change what every stored seed gives."""
    assert split_mix(0) == 0xE220A8397B1DCDAF  # as published for SplitMix64
    assert noise_key(1, 2, 3) == 7702586659592502839
    assert noise_key(-1, 0, 0) == noise_key(2**64 - 1, 0, 0)
    got = token_hash(np.array([0, 1, 151_935], np.uint32), np.uint32(1), np.uint32(2))
    assert [int(word) for word in got] == [_hash_of_one(token, 1, 2) for token in (0, 1, 151_935)]


def _hash_of_one(x: int, first: int, second: int) -> int:
    x ^= first
    x = (x ^ x >> 16) * 0x7FEB352D % 2**32
    x = (x ^ x >> 15) * 0x846CA68B % 2**32
    x = ((x ^ x >> 16) + second) % 2**32
    x = (x ^ x >> 15) * 0x31848BAB % 2**32
    return x ^ x >> 14


@pytest.mark.parametrize("stream", STREAMS)
def test_it_is_uniform_and_neighbours_are_independent(stream: Keys) -> None:
    u = uniforms(range(60), np.arange(5_000), stream)
    for other in (np.roll(u, 1, axis=0), np.roll(u, 1, axis=1), np.roll(u, 256, axis=1)):
        cells = (u * 16).astype(int) * 16 + (other * 16).astype(int)
        assert p_value(np.bincount(cells.ravel(), minlength=256), np.full(256, 1 / 256)) > 1e-4


@pytest.mark.parametrize("stream", STREAMS)
def test_each_of_many_equal_tokens_wins_as_often(stream: Keys) -> None:
    ids = np.array([0, 1, 2, 255, 256, 4_096, 100_000, 262_143])
    winners = [int(exponential_noise(stream(i), ids).argmin()) for i in range(8_000)]
    assert p_value(np.bincount(winners, minlength=8), np.full(8, 1 / 8)) > 1e-4


def test_the_least_of_many_is_as_small_as_it_should_be() -> None:
    """The least of V exponential variates is exponential with mean 1/V: the tail that decides between many tokens."""
    least = [exponential_noise(noise_key(i, 1, 2), np.arange(5_000)).min() * 5_000 for i in range(2_000)]
    cells = np.minimum((1 - np.exp(-np.array(least))) * 20, 19).astype(int)
    assert p_value(np.bincount(cells, minlength=20), np.full(20, 1 / 20)) > 1e-4


def test_it_is_finer_than_32_bits() -> None:
    noise = exponential_noise(noise_key(3, 0, 0), np.arange(2_000_000))
    assert len(np.unique(noise)) == len(noise)
    assert np.isfinite(noise).all()
    assert (noise > 0).all()
