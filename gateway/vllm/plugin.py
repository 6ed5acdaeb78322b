"""The entry point ``vllm.general_plugins``: vLLM calls `register` in each of its processes before anything else."""

from importlib import import_module
from typing import TYPE_CHECKING

from gateway.vllm.sampling.config import with_sampling_checked
from gateway.vllm.steering.config import checked_configuration

if TYPE_CHECKING:
    from gateway.vllm.steering.hooks import Hook

SUPPORTED_RELEASES = ("0.32.0",)
_HOOKED = "dragoman_hooked"


def register() -> None:
    """Puts the hooks of router steering and of sampling in place. They act only in engines that ask for them.

    Calling it again changes nothing. It does not raise, for engines that want none of it must start on any vLLM; where
    the hooks do not fit this one, nothing of it is changed but that a configuration which asks for any is refused.
    """
    from vllm.config import VllmConfig

    if hasattr(VllmConfig.__post_init__, _HOOKED):
        return
    hooks, refusal = _fitting_hooks()
    checked = checked_configuration(with_sampling_checked(VllmConfig.__post_init__, refusal), refusal)
    setattr(checked, _HOOKED, True)
    setattr(VllmConfig, "__post_init__", checked)  # noqa: B010 - by name, as mypy forbids it else
    if refusal is None:
        _install(hooks)


def _fitting_hooks() -> "tuple[tuple[Hook, ...], str | None]":
    """The hooks, or why there are none."""
    import vllm

    release = vllm.__version__.partition("+")[0]
    if release not in SUPPORTED_RELEASES:
        return (), f"Dragoman's plugin knows vLLM {' and '.join(SUPPORTED_RELEASES)}, not {release}"
    try:
        hooks: tuple[Hook, ...] = import_module("gateway.vllm.steering.hooks").all_hooks()
    except ImportError as error:
        return (), f"Dragoman's plugin does not fit this vLLM: {error}"
    problems = [hook.problem for hook in hooks if hook.problem]
    if problems:
        return (), f"Dragoman's plugin does not fit this vLLM: {'; '.join(problems)}"
    return hooks, None


def _install(hooks: "tuple[Hook, ...]") -> None:
    from vllm.v1.worker.worker_base import WorkerBase

    from gateway.vllm.sampling.metrics import SAMPLED_ROWS
    from gateway.vllm.sampling.worker import sampled_rows
    from gateway.vllm.steering.router_hook import register_operation
    from gateway.vllm.steering.worker import CALLS

    register_operation()
    for name, call in {**CALLS, SAMPLED_ROWS: sampled_rows}.items():
        setattr(WorkerBase, name, call)
    for hook in hooks:
        hook.install()
