"""Our `kernels` and Hugging Face's distribution of that name cannot live in one environment."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import kernels

ROOT = Path(__file__).resolve().parent.parent


def test_the_other_distribution_called_kernels_is_not_installed() -> None:
    try:
        distribution("kernels")
    except PackageNotFoundError:
        return
    raise AssertionError(
        "Hugging Face's distribution `kernels` is installed. Its module has the name of ours: whichever is found "
        "first hides the other, and transformers fails to import. Uninstall it: pip uninstall kernels."
    )


def test_ours_is_the_one_that_is_imported_and_has_no_version_that_others_could_take_for_theirs() -> None:
    assert Path(str(kernels.__file__)).parent == ROOT / "kernels"
    assert not hasattr(kernels, "__version__")
