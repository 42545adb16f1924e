"""CAs of others that sign for our stations, each in one module: an `Issuer` that speaks its protocol."""
