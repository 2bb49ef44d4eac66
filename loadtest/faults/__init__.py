"""Faults in a running production-like set-up under load: what users see, what is kept, how long it takes."""
