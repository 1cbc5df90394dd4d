"""The SBOM: its model, how locks become one, its writers, its checks, and its comparison. Pure."""
