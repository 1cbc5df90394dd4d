"""The outcome of a gate from its findings after waivers."""
