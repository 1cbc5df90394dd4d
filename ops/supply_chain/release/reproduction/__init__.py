"""Compares a release with what a second run made of the same commit."""
