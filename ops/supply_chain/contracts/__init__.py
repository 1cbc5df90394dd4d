"""One typed module per kind of file on disk, or of value that crosses between parts. Imports core only."""
