"""Rego: the engine in process, rule files, their metadata."""
