"""Which newer versions there are of what a project asks for itself, and what they would close. Pure."""
