"""What the interpreter says that it is about to do, in interpreters of their own."""

import pytest

from tests.children import output, run


def test_one_listener_hears_an_event_with_its_arguments_before_it_is_done() -> None:
    said = output("""
        import os
        from autoreload.system import audit
        audit.listen("os.mkdir", lambda *arguments: print("not heard"))
        audit.listen("os.mkdir", lambda path, *rest: print(path, os.path.exists(path)))
        import tempfile
        folder = tempfile.mkdtemp()
        os.mkdir(folder + "/a")
        os.rmdir(folder + "/a")
        os.rmdir(folder)
    """).splitlines()
    assert [line.split()[-1] for line in said] == ["False", "False"]
    assert said[1].split()[0].endswith("/a")


def test_what_a_listener_raises_reaches_the_program() -> None:
    said = output("""
        import os
        from autoreload.system import audit
        def refuse(*_):
            raise PermissionError("no")
        audit.listen("os.mkdir", refuse)
        try:
            os.mkdir("anything")
        except PermissionError as error:
            print(error)
    """)
    assert said == "no\n"


def test_a_guard_hears_everything_until_it_is_ended() -> None:
    said = output("""
        import os, sys
        from autoreload.system import audit
        heard = []
        audit.guard(lambda event, arguments: heard.append((event, arguments)))
        sys.audit("one", 1)
        sys.audit("two")
        audit.unguard()
        sys.audit("three")
        print([event for event in heard if event[0] in ("one", "two", "three")])
    """)
    assert said == "[('one', (1,)), ('two', ())]\n"


def test_at_rest_nothing_is_heard() -> None:
    said = output("""
        import sys
        from autoreload.system import audit
        heard = []
        audit.guard(lambda event, arguments: heard.append(event))
        audit.listen("two", lambda: heard.append("heard two"))
        sys.audit("one")
        audit.rest()
        sys.audit("two")
        audit.go_on()
        sys.audit("two")
        audit.unguard()
        print([one for one in heard if one in ("one", "two", "heard two")])
    """)
    assert said == "['one', 'two', 'heard two']\n"


def test_there_is_one_hook_however_many_ask() -> None:
    """A hook is called for each event for ever, and cannot be taken back."""
    said = output("""
        import sys
        hooks = []
        sys.addaudithook(lambda event, _: hooks.append(event) if event == "sys.addaudithook" else 0)
        from autoreload.system import audit
        before = len(hooks)
        for event in ("a", "b"):
            audit.listen(event, print)
        audit.guard(lambda *_: None)
        print(len(hooks) - before)
    """)
    assert said == "1\n"


@pytest.mark.parametrize("what", ["import autoreload.system.audit", ""])
def test_importing_hears_nothing(what: str) -> None:
    done = run(f"""
        import sys
        hooks = []
        sys.addaudithook(lambda event, _: hooks.append(event) if event == "sys.addaudithook" else 0)
        {what}
        print(len(hooks))
    """)
    assert done.out == "0\n"
