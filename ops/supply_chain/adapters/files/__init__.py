"""Files and folders: the project under release, git, archives, the artifact store, the ledger."""
