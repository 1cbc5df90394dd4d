"""What has to be looked at from time to time although nothing is wrong today. Pure: `today` is a value."""
