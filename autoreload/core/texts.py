"""The bytes of a stream as texts: whole lines, as long as their ends come soon."""

import codecs


class Texts:
    """Decodes one stream, however it is cut up; what is no UTF-8 is replaced (U+FFFD)."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.rest = ""
        """A line that has no end yet."""

    def take(self, data: bytes) -> str:
        """The lines that are complete with these bytes, as one text; empty if none is."""
        whole, end, self.rest = (self.rest + self._decoder.decode(data)).rpartition("\n")
        return whole + end

    def give(self) -> str:
        """What there is of a line that has no end yet, which is not waited for."""
        rest, self.rest = self.rest, ""
        return rest

    def finish(self) -> str:
        """What there is when nothing follows; the half of a letter is replaced as well."""
        return self.give() + self._decoder.decode(b"", final=True)
