"""The noise's keys as torch makes them: a few numbers a draw, on whatever device they are wanted."""

import torch
from torch import Tensor


def noise_keys(seeds: Tensor, positions: Tensor, draws: int) -> Tensor:
    """[rows, draws, 2] int32: the lower and the upper half of `kernels.sample.noise.noise_key`."""
    draw = torch.arange(draws, device=seeds.device)
    key = _split_mix(_split_mix(_split_mix(seeds) + positions)[:, None] + draw)
    return key.view(torch.int32).view(*key.shape, 2)


def _split_mix(word: Tensor) -> Tensor:
    # Signed, as torch multiplies no unsigned 64 bits: the constants are those of `noise.split_mix` less 2^64.
    z = word - 0x61C8864680B583EB
    z = (z ^ _shifted(z, 30)) * -0x40A7B892E31B1A47
    z = (z ^ _shifted(z, 27)) * -0x6B2FB644ECCEEE15
    return z ^ _shifted(z, 31)


def _shifted(z: Tensor, bits: int) -> Tensor:
    return (z >> bits) & ((1 << (64 - bits)) - 1)
