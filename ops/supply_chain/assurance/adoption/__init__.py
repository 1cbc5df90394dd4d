"""Adoption of a project: what it has, the files it needs, and the next steps."""
