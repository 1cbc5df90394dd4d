"""The SBOM of one wheel or source distribution: what is really in it."""
