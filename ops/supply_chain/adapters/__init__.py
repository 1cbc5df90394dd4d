"""One folder per outside system; each turns all that its system can do wrong into one typed error."""
