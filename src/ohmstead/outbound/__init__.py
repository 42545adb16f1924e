"""What leaves Ohmstead on its own: webhooks, the feed to NATS, stations told to a second CSMS."""
