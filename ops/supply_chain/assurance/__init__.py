"""What the evidence supports: policy input, claims, documents, report, techdocs, review, adoption. Pure."""
