"""Who else samples on a GPU, as far as this machine has them."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from benchmarks.kernels.cuda_place import Finding, Place
from benchmarks.kernels.cuda_samplers import moved
from benchmarks.kernels.flashinfer_chain import flashinfer_chain
from benchmarks.kernels.torch_chain import torch_chain
from benchmarks.kernels.vllm_chain import vllm_chain
from benchmarks.kernels.vllm_v2_chain import vllm_v2_chain
from kernels.sample.cases import HEDGED, Case, make_case, normal_logits

Chain = Callable[..., Callable[[Tensor], Tensor]]
"""Of a case and whether log-probabilities are wanted: what draws from rows of logits."""

CHAINS: dict[str, Chain] = {
    "torch": torch_chain,
    "vLLM V2": vllm_v2_chain,
    "vLLM V1": vllm_chain,
    "FlashInfer": flashinfer_chain,
}
"""FlashInfer last: where it comes without compiled kernels, its first call takes minutes, and may be ended."""

NOTED = "peers"
"""A file with the names of those that can be called."""


def missing() -> dict[str, str]:
    """Why those that cannot be called here cannot, by name; a broken installation is as good as none."""
    why, case = {}, _any_case()
    for name, chain in CHAINS.items():
        try:
            chain(case, logprobs=True)
        except Exception as error:
            why[name] = f"{type(error).__name__}: {str(error)[:200]}"
    return why


def first_calls(place: Place) -> Iterator[Finding]:
    """Of each peer that is not missing: a first call, or why it failed. Those that draw are `usable` from then on."""
    absent = missing()
    for name in (name for name in CHAINS if name not in absent):
        what = place.outcome(partial(_first_call, CHAINS[name], place.device))
        if not what:
            with (place.folder / NOTED).open("a", encoding="utf-8") as noted:
                noted.write(f"{name}\n")
        yield {"finding": "peer", "name": name, "failed": what}


def usable(place: Place) -> dict[str, Chain]:
    """The peers that have drawn in an earlier process."""
    noted = place.folder / NOTED
    names = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
    return {name: chain for name, chain in CHAINS.items() if name in names}


def _first_call(chain: Chain, device: str) -> str:
    case = moved(_any_case(), device)
    chain(case, logprobs=True)(case.logits.repeat_interleave(len(HEDGED), dim=0)).cpu()
    return ""


def _any_case() -> Case:
    return make_case("any", normal_logits(1, 300, torch.bfloat16), HEDGED)
