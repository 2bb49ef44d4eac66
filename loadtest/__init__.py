"""Load from outside: speaks HTTP to a server and knows nothing of its code."""
