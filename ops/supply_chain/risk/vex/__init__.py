"""VEX: suppliers' statements applied to findings, and the project's own statements."""
