"""A small mixture of experts that has learned something in two languages, and what steering does to it."""
