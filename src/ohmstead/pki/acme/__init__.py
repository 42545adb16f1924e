"""Our own server certificates from an ACME CA (RFC 8555): `client` speaks the protocol, `challenges` proves that a name
is ours, `keeping` orders in time and keeps what it got in the database, `source` gives that to the TLS ports."""
