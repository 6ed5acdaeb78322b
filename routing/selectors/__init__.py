"""How the answer is chosen among samples: one selector a file, all of them named in routing/selector.py."""
