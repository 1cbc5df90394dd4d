"""Facts for SECURITY.md and the files beside it; what is committed against what should be."""
