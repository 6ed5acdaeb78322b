"""What a request itself says about languages, and about whether it is one to translate."""
