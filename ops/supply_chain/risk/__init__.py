"""What is wrong with what the project depends on: advisories, VEX, waivers, findings and gate outcomes. Pure."""
