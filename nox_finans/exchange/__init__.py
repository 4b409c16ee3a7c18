"""One company's work with the service: what is due, what is said, and what comes of it."""
