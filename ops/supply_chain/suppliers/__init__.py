"""Documents from suppliers: what the registry stores of them, and the decision to accept, quarantine or refuse each."""
