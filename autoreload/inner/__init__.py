"""The process that runs the app."""
