"""From locks and core metadata to documents: packages, edges, and the union of all locks."""
