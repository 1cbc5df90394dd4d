"""What to sign, what counts as signed already, and how the result reads. Pure."""
