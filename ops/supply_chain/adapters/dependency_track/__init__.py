"""Dependency-Track: SBOMs and VEX uploaded by its API."""
