"""Plug & Charge: the messages between vehicle and pool, their signatures, and contract certificates."""
