"""Findings of a change: which ones it brings, which are in the base as well, and how a review of both is shown."""
