"""Facts for SECURITY.md and related files; comparison of committed and expected documents."""
