"""The one table of medians, ratios and bars."""

ROW = "{:<44} {:>9} {:>14} {:>8}  {}"


class Table:
    """Prints a row as soon as it is known."""

    def __init__(self) -> None:
        self.missed = 0
        self.not_measured: list[str] = []
        print(ROW.format("", "median", "compared", "ratio", "bar"))

    def row(
        self,
        name: str,
        value: str,
        *,
        compared: str = "",
        ratio: float | None = None,
        bar: str = "",
        is_met: bool | None = None,
    ) -> None:
        """One figure; a bar that is missed is counted."""
        shown = "" if ratio is None else f"{ratio:.2f}"
        if is_met is not None:
            bar += ": met" if is_met else ": MISSED"
            self.missed += not is_met
        print(ROW.format(name, value, compared, shown, bar).rstrip(), flush=True)


def ms(seconds: float) -> str:
    """Seconds as whole milliseconds."""
    return f"{seconds * 1000:.0f} ms"
