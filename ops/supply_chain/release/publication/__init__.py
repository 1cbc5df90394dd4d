"""Publishing decided without a network: what to upload, keep and replace, which step is next, what the notes say."""
