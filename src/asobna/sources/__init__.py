"""The world → pages and documents: the only code that opens what a user points at."""
