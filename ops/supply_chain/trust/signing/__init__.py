"""What is to be signed, what counts as signed already, and what is told of it. Pure."""
