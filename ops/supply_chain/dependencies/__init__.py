"""What the project depends on: locks, and what the index and the publishers say about their pins. Pure."""
