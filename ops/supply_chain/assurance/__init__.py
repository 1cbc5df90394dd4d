"""Assurance from evidence: policy input, claims, documents, report, techdocs, review, adoption. Does no I/O."""
