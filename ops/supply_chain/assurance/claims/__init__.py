"""Security claims about a project: evidence to engine input, rule results to claims, claims to controls. Does no I/O."""
