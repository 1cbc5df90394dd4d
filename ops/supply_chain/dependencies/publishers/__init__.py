"""Compares the publishers of dependencies with the recorded baseline: requests, comparison, findings. Pure."""
