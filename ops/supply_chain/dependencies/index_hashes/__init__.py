"""Compares the hashes in locks with those that indexes serve: pins, comparison, downloads, results. Pure."""
