"""OSV advisories: the snapshot as an indexed feed, the API, and the order in which sources are asked."""
