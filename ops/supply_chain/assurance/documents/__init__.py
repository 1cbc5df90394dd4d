"""Documents for customers and auditors whose every claim is supported by evidence: SECURITY.md and its companions."""
