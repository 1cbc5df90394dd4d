"""Assurance from evidence: policy input, claims, documents, report, techdocs, review, adoption, incidents. Does no I/O."""
