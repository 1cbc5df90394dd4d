"""What may be claimed of a project: evidence to the engine's input, rules' answers to claims, claims to controls. Pure."""
