"""How well the signs in requests are read: `python -m benchmarks.request_signs`."""
