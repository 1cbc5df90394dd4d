"""Building distributions: an isolated environment, a clean export of the commit, two builds under different conditions."""
