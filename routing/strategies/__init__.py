"""What can be done with a request: one strategy a file, all of them named in routing/strategy.py."""
