"""Orders of versions: one for each ecosystem, each with a sortable text key where its order permits one."""
