"""Asobna: how a text places Belarus in relation to Russia."""
