"""Locks of a project, planned for compilation and checked by the tools that wrote them."""
