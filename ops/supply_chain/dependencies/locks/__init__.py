"""Reads every lock format that Python projects use into the same typed pins, and finds the locks of a project."""
