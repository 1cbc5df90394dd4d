"""What the policy engine is shown: SBOMs, records and provenance, projected to what rules read. Pure.

The engine is slow on large documents and cannot join them, so what costs grow with is resolved here:
which edges lead nowhere, which reference stands twice, which file has which subject. These are facts;
whether a fact is good or bad, the rules alone say.
"""
