"""Files that sealwright writes, one module per file: their types and schema versions."""
