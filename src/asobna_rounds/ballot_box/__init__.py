"""The ballot box: a web process that knows credentials, never people. No script, no cookie."""
