"""Readers of everything that Python teams lock with: bytes in, the same typed pins out.

One module a format; `read` dispatches by file name, `project` finds and reads the locks of a whole
project through the port that `adapters.files.project_files` implements. Nothing here touches the disk.
"""
