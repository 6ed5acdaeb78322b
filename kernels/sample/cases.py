"""Inputs of `sample` that its tests and its benchmark share."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

import torch
from torch import Tensor

from kernels.sample.arguments import Draws, Masks
from kernels.sample.reference import Filters

NEVER = Filters(temperature=-1.0)
GREEDY = Filters(temperature=0.0)
HEDGED = [GREEDY, *(Filters(temperature, min_p=0.05) for temperature in (0.7, 0.8, 0.9, 1.5))]


@dataclass(frozen=True, slots=True)
class Case:
    """The arguments of one call, and a name that says what is special about it."""

    name: str
    logits: Tensor
    draws: Draws
    seeds: Tensor
    positions: Tensor
    masks: Masks | None = None


def draws_of(rows: int, filters: Sequence[Filters]) -> Draws:
    """The same draws from each of so many rows."""
    columns = torch.tensor([astuple(each) for each in filters], dtype=torch.float32).unbind(dim=1)
    temperature, min_p, top_n_sigma, top_k, top_p = (column.repeat(rows, 1) for column in columns)
    return Draws(temperature, min_p, top_n_sigma, top_k.int(), top_p)


def make_case(name: str, logits: Tensor, filters: Sequence[Filters], masks: Masks | None = None) -> Case:
    """Seeds and positions are all different, and of any sign and size."""
    rows = logits.shape[0]
    seeds = torch.arange(rows) * 0x5DEECE66D1234567 - 12345
    return Case(name, logits, draws_of(rows, filters), seeds, torch.arange(rows) ** 3, masks)


def normal_logits(
    rows: int, vocabulary: int, dtype: torch.dtype = torch.float32, *, scale: float = 2.5
) -> Tensor:
    """Flat rows: the hardest for a sampler that looks only where it must."""
    noise = torch.Generator().manual_seed(rows * 1_000_003 + vocabulary)
    return (torch.randn(rows, vocabulary, generator=noise) * scale).to(dtype)


def peaked_logits(rows: int, vocabulary: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Rows like a language model's: a bulk, and a few dozen tokens that stand out by 8 to 16 nats."""
    noise = torch.Generator().manual_seed(rows * 1_000_033 + vocabulary)
    logits = torch.randn(rows, vocabulary, generator=noise) * 2
    likely = torch.randint(0, vocabulary, (rows, 40), generator=noise)
    return logits.scatter_add(1, likely, torch.rand(rows, 40, generator=noise) * 8 + 8).to(dtype)


def random_masks(rows: int, vocabulary: int, *, share: float = 0.5, penalty: float = torch.inf) -> Masks:
    """Three languages of random tokens; rows take them in turn, and every fourth row takes none."""
    noise = torch.Generator().manual_seed(vocabulary)
    return Masks(
        languages=packed(torch.rand(3, vocabulary, generator=noise) < share),
        language_of_row=torch.arange(rows, dtype=torch.int32) % 4 - 1,
        penalty=torch.full((rows,), penalty),
    )


def packed(allowed: Tensor) -> Tensor:
    """Booleans [rows, vocabulary] as words of 32 bits, lowest first."""
    rows, vocabulary = allowed.shape
    padded = torch.zeros(rows, -(-vocabulary // 32) * 32, dtype=torch.int64)
    padded[:, :vocabulary] = allowed
    words = (padded.view(rows, -1, 32) << torch.arange(32)).sum(dim=2)
    return (words - ((words >> 31) << 32)).int()


def all_cases(vocabulary: int) -> list[Case]:
    """Every rule of the contract at this size of vocabulary, at least 300."""
    return [
        *_filter_cases(vocabulary),
        *_dtype_cases(vocabulary),
        *_shape_cases(vocabulary),
        *_mask_cases(vocabulary),
        *_odd_value_cases(vocabulary),
    ]


def _filter_cases(vocabulary: int) -> list[Case]:
    normal, peaked = normal_logits(4, vocabulary), peaked_logits(4, vocabulary)
    temperatures = [Filters(temperature) for temperature in (1e-4, 0.05, 0.3, 1.0, 2.0, 10.0)]
    together = [
        Filters(0.8, min_p=0.02, top_k=50),
        Filters(1.2, min_p=0.01, top_p=0.9),
        Filters(1.0, top_k=50, top_p=0.9),
        Filters(1.5, top_k=400, top_p=0.7),
        Filters(2.0, min_p=0.001, top_n_sigma=3.0, top_k=64, top_p=0.95),
    ]
    return [
        make_case("hedged", peaked, HEDGED),
        make_case("hedged, flat", normal, HEDGED),
        make_case("temperature", normal, temperatures),
        make_case("temperature, peaked", peaked, temperatures),
        make_case("min-p", normal, [Filters(1.3, min_p=p) for p in (1e-6, 0.01, 0.1, 0.5, 1.0)]),
        make_case("top-nσ", normal, [Filters(1.5, top_n_sigma=n) for n in (0.1, 0.5, 1.0, 2.0, 9.0)]),
        make_case("top-k", normal, [Filters(1.5, top_k=k) for k in (1, 2, 7, 50, 300, vocabulary, 10**6)]),
        make_case("top-p", normal, [Filters(1.0, top_p=p) for p in (1e-6, 0.1, 0.5, 0.9, 0.999)]),
        make_case("top-p, peaked", peaked, [Filters(0.9, top_p=p) for p in (1e-6, 0.1, 0.5, 0.9, 0.999)]),
        make_case("filters together", normal, together),
        make_case("filters together, peaked", peaked, together),
        make_case("rows with fewer draws", normal, [GREEDY, NEVER, Filters(1.0), NEVER]),
    ]


def _dtype_cases(vocabulary: int) -> list[Case]:
    # A bfloat16 row has a few hundred values: ties at the top, and at the edge of what top-k and top-p keep.
    tied = [GREEDY, Filters(1.0), Filters(1.0, top_k=5), Filters(1.0, top_k=40), Filters(1.0, top_p=0.4)]
    coarse = normal_logits(4, vocabulary).round()
    return [
        make_case("bfloat16", peaked_logits(4, vocabulary, torch.bfloat16), HEDGED),
        make_case("bfloat16, ties", normal_logits(4, vocabulary, torch.bfloat16), tied),
        make_case("float16", peaked_logits(4, vocabulary, torch.float16), HEDGED),
        make_case("a dozen values", coarse, tied),
        make_case("all equal", torch.full((3, vocabulary), -7.25), tied),
    ]


def _shape_cases(vocabulary: int) -> list[Case]:
    draws = [GREEDY, Filters(1.0), Filters(1.0, min_p=0.05), Filters(1.0, top_k=3, top_p=0.8)]
    apart = torch.full((3, vocabulary + 77), 1e9)
    apart[:, :vocabulary] = normal_logits(3, vocabulary)
    sizes = (1, 31, 32, 33, 255, 256, 257, vocabulary - 1)
    return [
        make_case("rows apart", apart[:, :vocabulary], draws),
        make_case("no rows", normal_logits(0, vocabulary), draws),
        *(make_case(f"{size} tokens", normal_logits(2, size), draws) for size in sizes),
    ]


def _mask_cases(vocabulary: int) -> list[Case]:
    normal, peaked = normal_logits(8, vocabulary), peaked_logits(8, vocabulary)
    draws = [
        *HEDGED,
        Filters(1.0),
        Filters(1.0, top_k=9),
        Filters(1.0, top_p=0.7),
        Filters(1.0, top_n_sigma=1.5),
    ]
    hard, soft = random_masks(8, vocabulary), random_masks(8, vocabulary, penalty=3.0)
    rare = random_masks(8, vocabulary, share=0.01)
    grammar = replace(hard, grammar=random_masks(8, vocabulary, share=0.02).languages[torch.arange(8) % 3])
    wide = replace(hard, languages=torch.nn.functional.pad(hard.languages, (0, 5), value=-1))
    return [
        make_case("language", normal, draws, hard),
        make_case("language, bfloat16", normal.bfloat16(), draws, hard),
        make_case("language, peaked", peaked, draws, hard),
        make_case("language of few tokens", peaked, draws, rare),
        make_case("language, soft", peaked, draws, soft),
        make_case("language, soft, flat", normal, draws, soft),
        make_case("language table wider than the vocabulary", normal, draws, wide),
        make_case("grammar and language", peaked, draws, grammar),
        make_case("grammar of a language with no token", peaked, draws, _disjoint(vocabulary)),
    ]


def _disjoint(vocabulary: int) -> Masks:
    # Rows of language 0 (all even tokens) with a grammar of three odd ones.
    even = torch.arange(vocabulary) % 2 == 0
    grammar = torch.zeros(8, vocabulary, dtype=torch.bool)
    grammar[:, [1, 5, vocabulary // 4 * 2 + 1]] = True
    return Masks(
        packed(even[None]), torch.zeros(8, dtype=torch.int32), torch.full((8,), torch.inf), packed(grammar)
    )


def _odd_value_cases(vocabulary: int) -> list[Case]:
    nan, inf = torch.nan, torch.inf
    draws = [
        GREEDY,
        *(Filters(1.0, min_p=p) for p in (0.0, 0.1)),
        Filters(1.0, top_k=3),
        Filters(0.7, top_p=0.9),
    ]
    rows = normal_logits(11, vocabulary)
    rows[0] = -inf
    rows[1] = nan
    rows[2, ::2] = nan
    rows[3, 17] = inf
    rows[4, [3, 200, 270]] = inf
    rows[5, 1:] = -inf
    rows[6, :-1] = -inf
    rows[7, :256] = -inf
    rows[8, ::3] = -nan
    rows[9] *= 1e36
    rows[10] *= 1e-30
    tied = _with_empty_grammar(vocabulary)
    return [
        make_case("odd values", rows, draws),
        make_case("odd values, bfloat16", rows.bfloat16(), draws),
        make_case("odd values and a language", rows, draws, random_masks(11, vocabulary)),
        make_case("nothing allowed", rows, draws, tied),
    ]


def _with_empty_grammar(vocabulary: int) -> Masks:
    return replace(
        random_masks(11, vocabulary), grammar=torch.zeros(11, -(-vocabulary // 32), dtype=torch.int32)
    )
