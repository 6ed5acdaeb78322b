"""Calibration of router steering: from how texts were routed to profiles (arXiv 2510.04694), in plain numpy."""
