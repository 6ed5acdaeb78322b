import pytest
import torch

from gateway.vllm.sampling.seeded_generator import SeededGenerator, mended


def test_a_generator_can_be_turned_back_and_keeps_its_seed() -> None:
    generator = mended(torch.Generator().manual_seed(-9))
    # As vLLM does where it throws a token away; its own generator of the CPU ends the engine.
    assert generator.set_offset(generator.get_offset() - 4) is generator
    assert generator.initial_seed() == 2**64 - 9
    with pytest.raises(RuntimeError, match="offset"):
        torch.Generator().set_offset(0)


def test_it_draws_what_the_one_with_its_seed_draws() -> None:
    plain, generator = torch.Generator().manual_seed(5), mended(torch.Generator().manual_seed(5))
    assert torch.rand(3, generator=plain).tolist() == torch.rand(3, generator=generator).tolist()


def test_one_that_can_be_turned_back_is_kept() -> None:
    generator = SeededGenerator()
    assert mended(generator) is generator
