"""Documents from suppliers: found, read, their signatures verified, decided on, stored."""
