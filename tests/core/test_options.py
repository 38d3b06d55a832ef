"""Options as a value: what differs, and what is taken over."""

from autoreload.core.listenfds import Place
from autoreload.core.options import Options


def test_options_say_where_they_differ() -> None:
    places = (Place(port=8000),)
    one = Options(watch=("a",), sockets=places)
    assert one.differing(Options(watch=("a",), sockets=(Place(port=8000),))) == []
    assert one.differing(Options(watch=("b",), delay_s=1.0)) == ["delay_s", "sockets", "watch"]


def test_what_is_taken_over_is_seen_by_whoever_holds_them() -> None:
    ours = Options(hold=False, delay_s=1.0)
    held = ours
    ours.take(Options(delay_s=2.0, quiet=True), ["delay_s"])
    assert (held.delay_s, held.quiet, held.hold) == (2.0, False, False)
