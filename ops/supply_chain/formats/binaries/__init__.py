"""Shared libraries and extension modules of all platforms: what they are called, what they need, what built them."""
