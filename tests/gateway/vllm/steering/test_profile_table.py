import numpy as np
import torch

from gateway.vllm.steering.profile_table import ProfileTable
from gateway.vllm.steering.token_rows import TokenRows
from routing.steering.model_match import RoutedModel
from routing.steering.profile import Origin, make_profile

CPU = torch.device("cpu")
HASH = "b" * 64
QWEN3_30B = RoutedModel(None, None, HASH, 48, tuple(range(48)), 128, 8)


def test_sixty_four_profiles_of_48_layers_of_128_experts_take_less_than_4_mb() -> None:
    table, tokens = ProfileTable(QWEN3_30B, 64, CPU), TokenRows.allocate(131_072, CPU)
    held = (table.weights, table.kinds, tokens.rows, tokens.strengths)
    assert sum(tensor.nbytes for tensor in held) < 4_000_000


def test_profiles_come_and_go_in_the_memory_that_a_graph_has_the_address_of() -> None:
    table = ProfileTable(QWEN3_30B, 2, CPU)
    addresses = table.weights.data_ptr(), table.kinds.data_ptr()
    for seed in range(4):
        weights = np.random.default_rng(seed).normal(size=(48, 128)).astype(np.float32)
        profile = make_profile(f"p{seed}", "soft", weights, Origin(model="m", config_hash=HASH))
        table.load(profile)
        assert torch.equal(table.weights[table.row(profile.reference)], torch.from_numpy(weights))
        table.retire(profile.reference)
        assert not table.weights.any()
    assert addresses == (table.weights.data_ptr(), table.kinds.data_ptr())
