"""The input of the policy engine: SBOMs, records and provenance, reduced to what rules read. Does no I/O.

The engine is slow on large documents and cannot join them, so expensive questions are resolved here: which edges
lead nowhere, which references are duplicates, which file has which subject. These are facts; the rules alone
decide whether a fact is good or bad.
"""
