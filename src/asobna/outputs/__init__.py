"""Tables → people: each face is thin and asks the same pipeline."""
