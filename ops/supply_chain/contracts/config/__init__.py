"""`.security-config.toml`: one module per table, with the type and the default of every key."""
