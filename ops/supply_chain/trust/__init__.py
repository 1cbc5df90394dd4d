"""Who may sign, what is signed, and whether it verifies. Pure."""
