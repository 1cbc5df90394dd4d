"""One writer per SBOM format, from the model to canonical bytes."""
