"""What has to be signed, and with which instance, credential and identity."""
