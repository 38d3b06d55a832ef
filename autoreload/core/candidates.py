"""Placeholder."""


def candidates(facts: object) -> list[str]:
    return []
