"""How a release came to be, as a statement: builder, source, dependencies, byproducts. Pure."""
