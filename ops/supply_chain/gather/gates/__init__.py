"""Shared by all gates: read projects and locks, apply waivers, decide the outcome."""
