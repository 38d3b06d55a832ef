"""`module:callable` as a target: find it, tell what is wrong with it, call it."""

import os

from autoreload.inner.disguise import is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


class Unusable(Exception):  # it is the user's, not a fault of ours
    """The target cannot be run as it was named; the text says why and what to type."""


def find(target: str) -> "Any":
    """Import the module and take the attribute. Raises Unusable, or what the import raises."""
    module_name, _, attribute = target.partition(":")
    found: Any = _import_target(target, module_name)
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            from autoreload.core import advice

            near = [name for name in dir(found) if not name.startswith("_")]
            near = advice.near(part, near)
            raise Unusable(advice.missing_attribute(target, module_name, part, near)) from None
    return found


def _import_target(target: str, name: str) -> "ModuleType":
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not (name == missing or name.startswith(missing + ".")) or not missing:
            raise
        if not _is_raised_by_the_search(error):
            raise
        from autoreload.core import advice

        near = advice.near(name, _module_names(os.getcwd()))
        source = os.path.join(os.getcwd(), "src", *name.split("."))
        found = os.path.isdir(source) or os.path.isfile(source + ".py")
        raise Unusable(
            advice.missing_module(target, name, near, "src" if found else None)
        ) from None


def _is_raised_by_the_search(error: BaseException) -> bool:
    """Whether no code of the user's was running: the name on the command line itself is wrong."""
    trace = error.__traceback__
    while trace is not None:
        if not is_ours(trace.tb_frame.f_code.co_filename):
            return False
        trace = trace.tb_next
    return True


def _module_names(directory: str) -> list[str]:
    names = []
    for entry in os.listdir(directory):
        if entry.endswith(".py"):
            names.append(entry[:-3])
        elif os.path.isfile(os.path.join(directory, entry, "__init__.py")):
            names.append(entry)
    return names


def check(target: str, function: object) -> None:
    """What people type first is `autorun main:app`: say which line runs it."""
    from autoreload.core import advice

    if (flavour := _flavour(function)) is not None:
        raise Unusable(advice.is_application(target, flavour))
    if isinstance(function, type):
        raise Unusable(advice.is_class(target))
    if not callable(function):
        raise Unusable(advice.not_callable(target, type(function).__name__))
    wanted = _wanted_arguments(function)
    if wanted:
        raise Unusable(advice.needs_arguments(target, wanted))


def _flavour(function: object) -> str | None:
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(function).__mro__}
    if "flask.app.Flask" in kinds or "flask.sansio.app.App" in kinds:
        return "Flask"
    wsgi = {"django.core.handlers.wsgi.WSGIHandler", "falcon.app.App", "bottle.Bottle"}
    if kinds & wsgi:
        return "WSGI"
    names = _positional_names(function)
    if names[:3] == ["scope", "receive", "send"]:
        return "ASGI"
    if names[:2] in (["environ", "start_response"], ["env", "start_response"]):
        return "WSGI"
    return None


def _positional_names(function: object) -> list[str]:
    called: Any = function
    if not hasattr(called, "__code__") and not isinstance(called, type):
        kinds = type(called).__mro__
        called = next((one.__dict__["__call__"] for one in kinds if "__call__" in vars(one)), None)
    called = getattr(called, "__func__", called)
    code = getattr(called, "__code__", None)
    if code is None:
        return []
    names = list(code.co_varnames[: code.co_argcount])
    return names[1:] if names[:1] == ["self"] else names


def _wanted_arguments(function: object) -> str:
    """The signature of a plain function that cannot be called without arguments, else nothing."""
    called: Any = getattr(function, "__func__", function)
    code = getattr(called, "__code__", None)
    if code is None or hasattr(called, "__wrapped__"):
        return ""  # decorators and objects with __call__ (click commands) know best
    names = list(code.co_varnames[: code.co_argcount])
    if called is not function:
        names = names[1:]
    required = names[: len(names) - len(called.__defaults__ or ())]
    only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    required += [name for name in only if name not in (called.__kwdefaults__ or {})]
    return ", ".join(required)


def awaited(result: object) -> object:
    """Run a coroutine to its end; anything else is the result already."""
    if not hasattr(result, "__await__"):
        return result
    import asyncio

    async def wait() -> object:
        return await result

    return asyncio.run(wait() if not asyncio.iscoroutine(result) else result)
