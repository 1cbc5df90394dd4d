"""Checks whether locks are up to date with their sources: findings, and comparison of manifests with locks."""
