"""The web face: LanguageTool's interface, a JSON interface and pages, over one checker."""
