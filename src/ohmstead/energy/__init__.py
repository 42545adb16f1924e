"""Energy: sites kept inside their limits, plans for the hours to come, demand response."""
