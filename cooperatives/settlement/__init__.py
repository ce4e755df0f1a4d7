"""How what was sold becomes what each household is owed: pooling and sharing out."""
