"""Whether locks still are what their sources say: differences told, and manifests held against locks."""
