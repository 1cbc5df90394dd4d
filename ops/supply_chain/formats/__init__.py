"""Other people's formats, read and written in one place each, without I/O."""
