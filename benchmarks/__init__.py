"""How long things take: never a test, since times hang on the machine and on what else it does."""
