"""Sigstore: signing, verifying bundles and attestations, trusted roots."""
