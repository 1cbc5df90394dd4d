"""The code of nox sessions that are more than a list of stages, and of the stand-alone verifier."""
