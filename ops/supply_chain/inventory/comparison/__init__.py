"""Any SBOM as one inventory, and the difference between two."""
