"""What a nox session or the verifier runs, where that is more than a list of stages."""
