"""Which kept listener a program gets, which stand in its way, and when one is let go."""

from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.keeping import (
    NEVER_TAKEN_S,
    SETTLED_S,
    UNIX,
    UNWANTED_S,
    Address,
    Kept,
    Wanted,
    choose,
    in_the_way,
    outdated,
)

V4, V6 = 2, 10
SHARED, ONLY_6 = (1, 0), (0, 1)


def v4(host: str = "127.0.0.1", port: int = 8000) -> Address:
    return Address(V4, host, port)


def v6(host: str = "::1", port: int = 8000, scope: int = 0) -> Address:
    return Address(V6, host, port, scope)


def path(name: str = "/run/s.sock") -> Address:
    return Address(UNIX, name)


addresses = st.builds(
    Address,
    st.sampled_from((UNIX, V4, V6)),
    st.sampled_from(("127.0.0.1", "0.0.0.0", "::", "::1", "10.0.0.1", "/run/s.sock")),
    st.integers(0, 3),
    st.integers(0, 1),
)
options = st.tuples(st.integers(0, 1), st.integers(0, 1))
moments = st.none() | st.floats(0.1, 100)


@st.composite
def kept_ones(draw: st.DrawFn) -> Kept:
    found = Kept(draw(addresses), turn=draw(st.integers(0, 2)), options=draw(options))
    found.taken_at = draw(moments)
    return found


def test_an_address_is_shown_as_people_write_it() -> None:
    shown = [str(one) for one in (v4(), v6(), path())]
    assert shown == ["127.0.0.1:8000", "[::1]:8000", "/run/s.sock"]


@given(addresses)
def test_an_address_survives_a_message(address: Address) -> None:
    assert Address(*address.entry()) == address
    assert hash(Address(*address.entry())) == hash(address)
    assert address != address.entry()


FITS = [
    # kept, wanted, whether it fits
    (Kept(v4()), Wanted(v4()), True),
    (Kept(v4()), Wanted(v4(port=8001)), False),
    (Kept(v4()), Wanted(v4("0.0.0.0")), False),
    (Kept(v4("0.0.0.0")), Wanted(v4()), False),
    (Kept(v4()), Wanted(v6()), False),
    (Kept(v6("::")), Wanted(v6("::")), True),
    (Kept(v6("::", 1)), Wanted(v6("::", 1), options=ONLY_6), False),
    (Kept(v6("::", 1), options=ONLY_6), Wanted(v6("::", 1), options=ONLY_6), True),
    (Kept(v6("fe80::1", scope=2)), Wanted(v6("fe80::1", scope=3)), False),
    (Kept(v4()), Wanted(v4(), options=SHARED), False),
    (Kept(v4(), options=SHARED), Wanted(v4()), False),
    (Kept(path()), Wanted(path()), True),
    (Kept(path()), Wanted(path("/run/other")), False),
    # Port 0: by turn, not by the port that the kernel chose then.
    (Kept(v4(port=40_000), turn=1), Wanted(v4(port=0), turn=1), True),
    (Kept(v4(port=40_000), turn=2), Wanted(v4(port=0), turn=1), False),
    (Kept(v4(port=40_000), turn=1), Wanted(v4("0.0.0.0", 0), turn=1), False),
    (Kept(v4(port=40_000)), Wanted(v4(port=0), turn=1), False),
    # A port that the kernel chose once may be asked for by its number later.
    (Kept(v4(port=40_000), turn=1), Wanted(v4(port=40_000)), True),
]


def test_what_fits() -> None:
    for kept, wanted, expected in FITS:
        assert kept.fits(wanted) is expected, (kept.address, wanted.address)
        assert choose([kept], wanted) is (kept if expected else None)


def test_a_single_one_is_given_as_often_as_it_is_asked_for() -> None:
    kept = Kept(v4())
    kept.taken_at = 5.0
    assert choose([kept], Wanted(v4())) is kept


def test_of_those_that_share_a_port_each_is_given_once() -> None:
    one, two = Kept(v4(), options=SHARED), Kept(v4(), options=SHARED)
    wanted = Wanted(v4(), options=SHARED)
    assert choose([one, two], wanted) is one
    one.taken_at = 1.0
    assert choose([one, two], wanted) is two
    two.taken_at = 1.0
    assert choose([one, two], wanted) is None


@given(st.lists(kept_ones()), addresses, options, st.integers(0, 2))
def test_what_is_chosen_fits_and_a_fresh_one_goes_first(
    kept: list[Kept], address: Address, option: tuple[int, int], turn: int
) -> None:
    wanted = Wanted(address, turn=turn, options=option)
    found = choose(kept, wanted)
    if found is None:
        assert not any(one.fits(wanted) and not (one.is_shared and one.taken_at) for one in kept)
    else:
        assert found.fits(wanted)
        assert found.taken_at is None or not any(
            one.fits(wanted) and one.taken_at is None for one in kept
        )


def test_every_listener_on_the_port_is_in_the_way() -> None:
    """Which of them really is depends on options and kernel; the program gets the port."""
    kept = [Kept(one) for one in (v4(), v4("0.0.0.0"), v6("::"), v4(port=8001), path())]
    assert in_the_way(kept, v4()) == kept[:3]
    assert in_the_way(kept, path()) == kept[4:]
    assert in_the_way(kept, path("/run/other")) == []


HEARD = [
    (v4(), v4(), True),
    (v4(), v4("127.0.0.2"), False),
    (v4(), v4(port=1), False),
    (v4(), v4("0.0.0.0"), True),
    (v4("0.0.0.0"), v4("127.0.0.2"), True),
    (v4("0.0.0.0"), v6(), False),
    (v6("::"), v6(), True),
    (v6("::"), v4(), True),
    (v6(), v4(), False),
    (v6(), v6("::"), True),
    (path(), path(), True),
    (path(), path("/run/other"), False),
    (path(), v4(), False),
]


def test_who_may_hear_a_connection() -> None:
    for listener, target, expected in HEARD:
        assert listener.may_hear(target) is expected, (listener, target)


@given(addresses, addresses)
def test_who_may_hear_a_connection_is_in_the_way(one: Address, other: Address) -> None:
    assert one.may_hear(one)
    if one.may_hear(other):
        assert one.overlaps(other)
        assert other.overlaps(one)


def test_when_listeners_are_let_go() -> None:
    fresh, taken = Kept(v4(port=1)), Kept(v4(port=2))
    taken.taken_at = 10.0

    def gone(now: float) -> list[Kept]:
        return outdated([fresh, taken], first_taken=10.0, begun=0.0, now=now)

    assert gone(10.0) == []
    assert gone(10.0 + min(SETTLED_S, UNWANTED_S) - 0.01) == []
    assert gone(10.0 + max(SETTLED_S, UNWANTED_S)) == [fresh, taken]


def test_when_nothing_was_taken_at_all_a_slow_start_is_waited_for() -> None:
    kept = [Kept(v4())]
    early = outdated(kept, first_taken=None, begun=5.0, now=5.0 + NEVER_TAKEN_S - 0.01)
    late = outdated(kept, first_taken=None, begun=5.0, now=5.0 + NEVER_TAKEN_S)
    assert (early, late) == ([], kept)


@given(st.lists(kept_ones()), moments, st.floats(0, 100), st.floats(0, 300), st.floats(0, 50))
def test_what_was_let_go_stays_so(
    kept: list[Kept], first: float | None, begun: float, now: float, later: float
) -> None:
    before = outdated(kept, first_taken=first, begun=begun, now=now)
    after = outdated(kept, first_taken=first, begun=begun, now=now + later)
    assert set(map(id, before)) <= set(map(id, after))
    assert outdated(kept, first_taken=first, begun=begun, now=1e6) == kept
