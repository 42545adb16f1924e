"""How other servers are called: at which addresses, for how long, and how much of an answer is read."""
