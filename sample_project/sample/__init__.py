"""The corner shop's Django project."""
