"""The package index (simple API, JSON API, Integrity API) and what was read from it before."""
