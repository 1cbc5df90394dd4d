"""The neutral SBOM that every format is written from, and the values in it."""
