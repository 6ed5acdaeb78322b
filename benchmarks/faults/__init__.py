"""What clients see when something breaks: faults put into a running site under load, and what was lost."""
