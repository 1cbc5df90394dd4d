"""What the attestations that are made of a release's own records state: written by signing, recomputed by verification."""
