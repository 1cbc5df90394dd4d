"""Whether a wheel or a source distribution is what an installer, an index and a reader expect: findings, one module a subject."""
