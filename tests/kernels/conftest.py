"""Compiled code is kept from run to run, in a folder that belongs to these very sources.

numba looks only at the file of a cached function, not at those of the functions that it calls.
"""

import hashlib
from pathlib import Path

import numba

ROOT = Path(__file__).parents[2]


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    for source in sorted((ROOT / "kernels").rglob("_numba*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


numba.config.CACHE_DIR = str(ROOT / ".pytest_cache" / f"numba-{_digest_of_sources()}")
