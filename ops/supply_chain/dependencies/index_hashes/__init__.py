"""Whether what locks record is still what indexes serve: subjects, comparison, choice of bytes, findings. Pure."""
