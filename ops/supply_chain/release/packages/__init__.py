"""The project's own distributions: what is in them, and whether they may be released."""
