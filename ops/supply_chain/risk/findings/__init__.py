"""Findings as people and programs read them: one report, and its forms."""
