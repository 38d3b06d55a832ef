"""The outer's life as one table: state and event give the next state and what to do.

At most one child runs at a time. A child that is asked to stop is either followed by the next one
(RESTARTING) or by the end of autorun (LEAVING). A child that ended by itself leaves the outer
WAITING for a change. Nothing is spawned once a stop was asked for, and a second request to stop
does not wait for the app.

    BOOTING --called--> RUNNING --announced, changed--> RESTARTING --ended--> BOOTING
       |                   |                                 |
       +------ ended ------+--> WAITING --changed--> BOOTING +-- stop --> LEAVING --ended--> GONE

The inner announces a restart by itself when its watcher finds that loaded code has changed; it is
then stopping already, so nobody asks it to. CHANGED comes from the outer's own comparing, and
from an inner that does not answer: there the outer asks.
"""

from enum import Enum


class State(Enum):
    """Where the outer stands."""

    BOOTING = "booting"
    RUNNING = "running"
    RESTARTING = "restarting"
    WAITING = "waiting"
    LEAVING = "leaving"
    GONE = "gone"


class Event(Enum):
    """What the outer hears."""

    CALLED = "called"
    """The program's own code begins."""
    ANNOUNCED = "announced"
    """The inner ends itself because of a change."""
    CHANGED = "changed"
    """The outer found a change, and the app has to be started again."""
    ENDED = "ended"
    """The child is gone."""
    FINAL = "final"
    """The child is gone, and autorun is to end with it."""
    STOP = "stop"
    """Somebody asks autorun to end; the app has to be asked."""
    TYPED = "typed"
    """The terminal told the whole group to end; the app knows already."""
    FORCE = "force"
    """Asked once more, or by somebody who does not wait."""
    OVERDUE = "overdue"
    """The time to stop is up."""


class Action(Enum):
    """What the outer does."""

    SPAWN = "spawn"
    ASK = "ask the app to stop"
    ARM = "start the clock of the stop"
    KILL = "kill the child and what it started"
    SWEEP = "end what the child left in this terminal's group of processes"
    REPORT = "say how the child ended"
    LOOK = "compare what was loaded with what is there"
    LEAVE = "end everything that was started, then autorun"


_S, _E, _A = State, Event, Action
_ASK = (_A.ASK, _A.ARM)
_NEXT = (_A.SWEEP, _A.SPAWN)
_OVER = (_A.SWEEP, _A.REPORT, _A.LEAVE)
_REST = (_A.SWEEP, _A.REPORT, _A.LOOK)
NOTHING: tuple[Action, ...] = ()

TABLE: dict[State, dict[Event, tuple[State, tuple[Action, ...]]]] = {
    _S.BOOTING: {
        _E.CALLED: (_S.RUNNING, NOTHING),
        _E.ANNOUNCED: (_S.RESTARTING, (_A.ARM,)),
        _E.CHANGED: (_S.RESTARTING, _ASK),
        _E.ENDED: (_S.WAITING, _REST),
        _E.FINAL: (_S.GONE, _OVER),
        _E.STOP: (_S.LEAVING, _ASK),
        _E.TYPED: (_S.LEAVING, (_A.ARM,)),
        _E.FORCE: (_S.LEAVING, (_A.KILL,)),
        _E.OVERDUE: (_S.BOOTING, NOTHING),
    },
    _S.RUNNING: {
        _E.CALLED: (_S.RUNNING, NOTHING),
        _E.ANNOUNCED: (_S.RESTARTING, (_A.ARM,)),
        _E.CHANGED: (_S.RESTARTING, _ASK),
        _E.ENDED: (_S.WAITING, _REST),
        _E.FINAL: (_S.GONE, _OVER),
        _E.STOP: (_S.LEAVING, _ASK),
        _E.TYPED: (_S.LEAVING, (_A.ARM,)),
        _E.FORCE: (_S.LEAVING, (_A.KILL,)),
        _E.OVERDUE: (_S.RUNNING, NOTHING),
    },
    _S.RESTARTING: {  # asked to stop, the next one follows whatever its end looks like
        _E.CALLED: (_S.RESTARTING, NOTHING),
        _E.ANNOUNCED: (_S.RESTARTING, NOTHING),
        _E.CHANGED: (_S.RESTARTING, NOTHING),
        _E.ENDED: (_S.BOOTING, _NEXT),
        _E.FINAL: (_S.BOOTING, _NEXT),
        _E.STOP: (_S.LEAVING, (_A.ARM,)),  # it was asked already, now nothing follows
        _E.TYPED: (_S.LEAVING, (_A.ARM,)),
        _E.FORCE: (_S.LEAVING, (_A.KILL,)),
        _E.OVERDUE: (_S.RESTARTING, (_A.KILL,)),
    },
    _S.WAITING: {
        _E.CALLED: (_S.WAITING, NOTHING),
        _E.ANNOUNCED: (_S.WAITING, NOTHING),
        _E.CHANGED: (_S.BOOTING, (_A.SPAWN,)),
        _E.ENDED: (_S.WAITING, NOTHING),
        _E.FINAL: (_S.WAITING, NOTHING),
        _E.STOP: (_S.GONE, (_A.LEAVE,)),
        _E.TYPED: (_S.GONE, (_A.LEAVE,)),
        _E.FORCE: (_S.GONE, (_A.LEAVE,)),
        _E.OVERDUE: (_S.WAITING, NOTHING),
    },
    _S.LEAVING: {
        _E.CALLED: (_S.LEAVING, NOTHING),
        _E.ANNOUNCED: (_S.LEAVING, NOTHING),
        _E.CHANGED: (_S.LEAVING, NOTHING),
        _E.ENDED: (_S.GONE, (_A.SWEEP, _A.LEAVE)),
        _E.FINAL: (_S.GONE, (_A.SWEEP, _A.LEAVE)),
        _E.STOP: (_S.LEAVING, NOTHING),
        _E.TYPED: (_S.LEAVING, NOTHING),
        _E.FORCE: (_S.LEAVING, (_A.KILL,)),
        _E.OVERDUE: (_S.LEAVING, (_A.KILL,)),
    },
    _S.GONE: dict.fromkeys(_E, (_S.GONE, NOTHING)),
}

ALIVE = frozenset({_S.BOOTING, _S.RUNNING, _S.RESTARTING, _S.LEAVING})
"""The states in which there is a child."""


def step(state: State, event: Event) -> tuple[State, tuple[Action, ...]]:
    """The next state, and what to do on the way, in this order."""
    return TABLE[state][event]
