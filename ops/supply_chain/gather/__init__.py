"""Reads what a stage needs and hands it, typed, to pure code: the same chapters as the domain, over what every gate shares."""
