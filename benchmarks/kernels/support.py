"""Before anything is timed: does a competitor draw what was asked for at all?"""

from torch import Tensor

from kernels.sample.cases import Case
from kernels.sample.reference import cleaned, filters_of, kept


def outside_support(case: Case, tokens: Tensor) -> list[str]:
    """Draws of the first row whose token the filters do not leave; tokens [rows · draws].

    A token as high as the lowest that is left passes, since not every sampler ranks equal logits by token.
    """
    x, wrong = cleaned(case.logits[0]), []
    for draw in range(case.draws.temperature.shape[1]):
        filters, token = filters_of(case.draws, 0, draw), int(tokens[draw])
        least = x.max() if filters.temperature == 0 else x[kept(x, filters)].min()
        if not x[token] >= least:
            wrong.append(f"{case.name}, draw {draw}: token {token} at {x[token]}, the least is {least}")
    return wrong
