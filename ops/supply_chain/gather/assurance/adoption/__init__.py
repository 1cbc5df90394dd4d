"""The survey of a project before adoption, and the files written into it."""
