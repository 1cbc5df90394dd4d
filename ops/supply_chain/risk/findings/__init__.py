"""Findings: one report made from all records, and its rendering."""
