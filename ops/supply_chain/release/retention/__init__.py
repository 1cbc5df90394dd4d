"""How long releases are kept, and what is reported about the kept ones."""
