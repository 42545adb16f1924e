"""What leaves Ohmstead on its own: webhooks."""
