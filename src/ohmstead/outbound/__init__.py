"""What leaves Ohmstead on its own: webhooks, the feed to NATS."""
