"""The final answer in a text: what two answers must share to count as the same."""
