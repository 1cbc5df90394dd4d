"""Who may sign: the configured identities, their dates, and whether a certificate is one of theirs. Pure."""
