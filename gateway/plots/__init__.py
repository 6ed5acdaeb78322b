"""Pictures for people: PNG, drawn with matplotlib, which is the extra ``calibrate``."""
