"""Pins looked up in advisories, and the verdict of the two advisory gates."""
