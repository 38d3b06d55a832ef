"""What a warm run is compared in with a cold one: the modules of the project, and simple values.

A state maps (module, name) to a digest; the source of a module stands under the empty name. Values
that differ between two cold runs - a time, a process id - say nothing, so it takes two of them to
find a warm one guilty.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    State = dict[tuple[str, str], int]


def state(entries: "Iterable[object]") -> "State":
    """The state in what was sent; entries that are none of ours are left out."""
    found: State = {}
    for entry in entries:
        match entry:
            case (str(module), str(name), int(digest)):
                found[module, name] = digest
    return found


def differences(one: "State", other: "State") -> "list[tuple[str, str]]":
    """Modules and names that only one of them has, or that have other values."""
    keys = sorted({*one, *other})
    return [key for key in keys if one.get(key) != other.get(key)]


def wrong(warm: "State", cold: "State", again: "State") -> "list[tuple[str, str]]":
    """In what a warm run differs from both of two cold ones, which agree there."""
    unsteady = set(differences(cold, again))
    return [key for key in differences(warm, cold) if key not in unsteady]
