"""A stand-in for the payment provider, for the demo and the tests alone: it takes no real key and no real money."""
