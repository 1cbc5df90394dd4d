"""Quality profiles: which elements a document must have, and where it lacks them."""
