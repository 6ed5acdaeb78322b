"""What our kernels cost beside the code that they stand in for; `python -m benchmarks.kernels --help`."""
