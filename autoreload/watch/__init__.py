"""Noticing what changed, in whichever process."""
