"""The publisher: at close, aggregates above the threshold become a report; the rest is destroyed."""
