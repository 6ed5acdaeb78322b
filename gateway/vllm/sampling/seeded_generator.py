"""Generators of model runner V1's requests that can be turned back though nothing was taken from them."""

import torch


class SeededGenerator(torch.Generator):
    """A request's generator. vLLM turns it back by one draw where a step's token is thrown away.

    Which ends the whole engine in vLLM 0.32 where the generator is the CPU's, for that one knows no place (any request
    with a seed whose prompt is cut into steps). One on CUDA from which our draws took nothing stands at its beginning.
    """

    def get_offset(self) -> int:
        """The CPU's is always at its beginning."""
        return 0 if self.device.type == "cpu" else super().get_offset()

    def set_offset(self, offset: int) -> torch.Generator:
        """Does nothing where the offset would lie before the beginning."""
        return self if offset < 0 else super().set_offset(offset)


def mended(generator: torch.Generator) -> SeededGenerator:
    """One with the same seed; itself where it is one already."""
    if isinstance(generator, SeededGenerator):
        return generator
    made = SeededGenerator(generator.device)
    made.manual_seed(generator.initial_seed())
    return made
