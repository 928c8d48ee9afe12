"""Asobna rounds: regular input from people in exile that a seized server cannot betray."""
