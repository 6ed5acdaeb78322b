import torch

from benchmarks.kernels.cuda_grid import BATCHES, Point, grid, most_wanted
from benchmarks.kernels.workloads import workloads

POINTS = grid(tiny=False)


def test_every_point_has_a_name_of_its_own() -> None:
    assert len({point.name for point in POINTS}) == len(POINTS)


def test_the_grid_has_the_sizes_of_the_study() -> None:
    assert {point.vocabulary for point in POINTS} == {128_256, 151_936, 262_144}
    assert {point.batch for point in POINTS} == {1, 8, 32, 64, 128, 256, 512}
    assert {point.dtype for point in POINTS} == {torch.bfloat16, torch.float32}


def test_every_workload_is_timed_at_every_size() -> None:
    kinds = {(point.workload.name, point.draws, point.is_masked) for point in POINTS}
    sizes = {(point.vocabulary, point.batch) for point in POINTS}
    half = [point for point in POINTS if point.dtype == torch.bfloat16]
    assert len(half) == len(kinds) * len(sizes)


def test_the_goals_come_first() -> None:
    first = POINTS[: 2 * len(BATCHES)]
    assert {point.workload.name for point in first} == {"min-p, log-probabilities"}
    assert first[0].batch >= 128
    assert all(point.dtype == torch.bfloat16 for point in POINTS[: most_wanted(tiny=False)])
    assert 0 < most_wanted(tiny=False) < len(POINTS)


def test_a_large_batch_repeats_rows_but_no_seed() -> None:
    case = Point(workloads(1)[0], vocabulary=300, batch=70, is_masked=True).case()
    assert case.logits.shape == (70, 300)
    assert torch.equal(case.logits[32:64], case.logits[:32])
    assert not torch.equal(case.logits[1], case.logits[0])
    assert len(set(case.seeds.tolist())) == 70
    assert case.masks is not None
    assert len(case.masks.language_of_row) == 70
