"""Where compiled code is kept from run to run: a folder that belongs to these very sources.

numba looks only at the file of a cached function, not at those of the functions that it calls.
"""

import hashlib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def numba_cache() -> str:
    """The folder; it need not be there yet."""
    digest = hashlib.sha256()
    for source in sorted((ROOT / "kernels").rglob("_numba*.py")):
        digest.update(source.read_bytes())
    return str(ROOT / ".pytest_cache" / f"numba-{digest.hexdigest()[:16]}")
