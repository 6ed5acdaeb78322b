"""What each path answers, one group of paths a file."""
