"""Software bills of materials: one neutral model, what builds it from locks, and what writes each format."""
