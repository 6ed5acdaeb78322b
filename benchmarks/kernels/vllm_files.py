"""Takes vLLM's sampling kernels out of an installed vLLM, for a machine that has Triton and no vLLM.

python -m benchmarks.kernels.vllm_files FOLDER

There, with FOLDER in PYTHONPATH, `benchmarks.kernels.cuda` times them. They are vLLM's own files, unchanged
(Apache-2.0), beside as little of the rest of vLLM as they import.
"""

import argparse
import shutil
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

FILES = (
    "model_executor/warmup/jit_warmup.py",
    "model_executor/warmup/jit_warmup_triton_helper.py",
    "utils/math_utils.py",
    "v1/sample/ops/topk_topp_triton.py",
    "v1/worker/gpu/sample/gumbel.py",
    "v1/worker/gpu/sample/logprob.py",
    "v1/worker/gpu/sample/min_p.py",
)

STAND_INS = {
    "envs.py": "",
    "platforms.py": """\
import torch


class current_platform:
    is_cuda_alike = staticmethod(torch.cuda.is_available)
""",
    "sampling_params.py": "MAX_LOGPROB_TOKEN_IDS = 128\nSamplingParams = object\n",
    "triton_utils.py": "import triton\nfrom triton import language as tl\n\nHAS_TRITON = True\n",
    "utils/gpu_sync_debug.py": "from contextlib import nullcontext as gpu_sync_allowed\n",
    "utils/platform_utils.py": """\
import torch


def num_compute_units(device=None):
    if not torch.cuda.is_available():
        return 1
    return torch.cuda.get_device_properties(device or 0).multi_processor_count
""",
    "v1/outputs.py": "LogprobsTensors = object\n",
    "v1/worker/gpu/buffer_utils.py": "StagedWriteTensor = UvaBackedTensor = object\n",
}
"""What the files name of the rest of vLLM: of what the benchmark calls, only numbers of processors matter."""


def take_vllm_files(folder: Path) -> Path:
    """Makes a package ``vllm`` with the kernels in a folder; the package.

    Raises `FileNotFoundError` where no vLLM is installed, or one without these files.
    """
    spec = find_spec("vllm")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("vLLM is not installed")
    source, package = Path(spec.origin).parent, folder / "vllm"
    for name in FILES:
        _place(package, name)
        shutil.copyfile(source / name, package / name)
    for name, text in STAND_INS.items():
        _place(package, name).write_text(text, encoding="utf-8")
    installed = version(packages_distributions()["vllm"][0])
    (package / "__init__.py").write_text(f'__version__ = "{installed}, kernels alone"\n', encoding="utf-8")
    return package


def _place(package: Path, name: str) -> Path:
    """Where a file goes, in packages that can be imported."""
    place = package / name
    place.parent.mkdir(parents=True, exist_ok=True)
    for parent in place.relative_to(package).parents:
        (package / parent / "__init__.py").touch()
    return place


def main() -> None:
    """Says where they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    print(take_vllm_files(parser.parse_args().folder))


if __name__ == "__main__":
    main()
