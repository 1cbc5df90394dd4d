"""The advisory lookup of locked pins, and the last steps of the two advisory gates."""
