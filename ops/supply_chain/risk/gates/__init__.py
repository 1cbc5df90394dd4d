"""The outcome of a gate: what its findings, after waivers, add up to."""
