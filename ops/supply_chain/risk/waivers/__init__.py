"""Findings that stand, known and accepted until a day: reading waivers, applying them, judging what is left."""
