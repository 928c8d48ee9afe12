"""The publisher: at close, what passes the threshold becomes a report; the rest is destroyed."""
