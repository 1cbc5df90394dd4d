"""Evidence for claims: the retained release, its documents, the project, its workflows."""
