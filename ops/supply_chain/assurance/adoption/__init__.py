"""What a project needs in order to be released: what is there, what would be written, what comes next."""
