"""Archives that have exactly one reading, and the distributions in them."""
