"""Random bad input over the whole HTTP API: a small number of calls in the suite, 50 000 by `make fuzz`."""
