"""Keys and certificates: the embedded CA, what stations may show, and what the door for TLS looks like.

`issuer` says what a CA does for us, `local_ca` is the one that comes with Ohmstead; `csr` judges what stations ask for.
`trust` finds the way from a shown certificate to a trusted root (what it means is decided by `domain.certificates`).
`tls` makes the contexts of the listeners, `server_certificates` keeps their certificates fresh, which
`acme` may get from a public CA.
"""
