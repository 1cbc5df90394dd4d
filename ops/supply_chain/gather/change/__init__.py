"""A change and its base: both read from git, examined with one configuration, compared."""
