import numba

from tests.kernels.compiled_code import numba_cache

numba.config.CACHE_DIR = numba_cache()
