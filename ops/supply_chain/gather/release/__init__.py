"""What publishing needs to know: the release folder, the repository, its releases."""
