"""Releases and their signatures, read for signing and verification."""
