"""Evidence for policy, claims, documents, report and review."""
