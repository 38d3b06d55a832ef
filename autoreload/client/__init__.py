"""The commands that speak to an autorun that runs already."""
