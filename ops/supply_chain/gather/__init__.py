"""Reads what a stage needs and hands it, typed, to pure code: a folder per chapter, over what every gate shares."""
