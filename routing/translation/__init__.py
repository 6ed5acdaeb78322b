"""What keeps a translation safe: structure set apart, text fenced, parts told apart. Pure functions, no calls."""
