"""A release read and verified: inputs, every bundle once, the summary attestation."""
