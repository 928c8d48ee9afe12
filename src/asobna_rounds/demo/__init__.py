"""A whole round on this machine with simulated people."""
