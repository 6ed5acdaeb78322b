"""Who else samples on a GPU, as far as this machine has them."""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.kernels.flashinfer_chain import flashinfer_chain
from benchmarks.kernels.torch_chain import torch_chain
from benchmarks.kernels.vllm_chain import vllm_chain
from benchmarks.kernels.vllm_v2_chain import vllm_v2_chain
from kernels.sample.cases import HEDGED, make_case, normal_logits

Chain = Callable[..., Callable[[Tensor], Tensor]]
"""Of a case and whether log-probabilities are wanted: what draws from rows of logits."""

CHAINS: dict[str, Chain] = {
    "vLLM V2": vllm_v2_chain,
    "vLLM V1": vllm_chain,
    "FlashInfer": flashinfer_chain,
    "torch": torch_chain,
}


def missing() -> dict[str, str]:
    """Why those that cannot be called here cannot, by name; a broken installation is as good as none."""
    why: dict[str, str] = {}
    case = make_case("any", normal_logits(1, 300, torch.bfloat16), HEDGED)
    for name, chain in CHAINS.items():
        try:
            chain(case, logprobs=True)
        except Exception as error:
            why[name] = f"{type(error).__name__}: {str(error)[:200]}"
    return why
