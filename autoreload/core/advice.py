"""Say what is wrong with a target, and what to type instead."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def near(word: str, names: "Iterable[str]") -> list[str]:
    """Pick the names that somebody who typed `word` may have meant."""
    import difflib  # 8 ms, only for somebody who mistyped

    lowered = {name.lower(): name for name in names}
    return [
        lowered[name] for name in difflib.get_close_matches(word.lower(), lowered, n=2, cutoff=0.66)
    ]


def missing_module(
    target: str, name: str, near: "Sequence[str]", src_path: str | None = None
) -> str:
    """Advise on a module that was not found; `src_path` is the folder it was seen in."""
    problem = f"no module named {name!r} in {target!r}"
    if src_path:
        return f"{problem}, it is in {src_path}/: PYTHONPATH={src_path} autorun {target}"
    return problem + did_you_mean(near)


def missing_attribute(target: str, module: str, attribute: str, near: "Sequence[str]") -> str:
    problem = f"module {module!r} has no attribute {attribute!r} for {target!r}"
    return problem + did_you_mean(near)


def not_callable(target: str, type_name: str) -> str:
    return f"{target!r} is {_a(type_name)} and cannot be called: name a function"


def is_application(target: str, flavour: str) -> str:
    """Name the server's line; `flavour` is ASGI, WSGI or Flask."""
    module, _, attribute = target.partition(":")
    if flavour == "ASGI":
        line = f"autorun uvicorn {target}"
    elif flavour == "WSGI":
        line = f"autorun gunicorn {target}"
    else:
        # Flask finds these two by itself.
        found = attribute in ("app", "application")
        line = f"autorun flask --app {module if found else target} run"
    return f"{target!r} is {_a(flavour)} application, which a server runs: {line}"


def is_class(target: str) -> str:
    return f"{target!r} is a class: name a function that runs the program"


def needs_arguments(target: str, signature: str) -> str:
    """Advise on a callable that cannot be called with nothing; `signature` as in `(host, port)`."""
    return (
        f"{target!r} needs arguments {signature}, but is called without any:"
        " give them defaults, or name a function that needs none"
    )


def missing_file(path: str, near: "Sequence[str]") -> str:
    return f"no file {path!r}{did_you_mean(near)}"


def missing_main(path: str) -> str:
    return f"directory {path!r} has no __main__.py: name a file in it"


def not_executable(path: str) -> str:
    python = "" if path.endswith(".py") else "python "
    return f"{path!r} is not executable: autorun {python}{path} runs it as Python"


def missing_command(word: str, near: "Sequence[str]") -> str:
    end = did_you_mean(near) or ": autorun alone lists what could be run here"
    return f"no file, console script or command is called {word!r}{end}"


def bare_module(word: str, path: str) -> str:
    """Advise on a module that was typed like a command."""
    if path.endswith("__init__.py"):
        return f"{word!r} is a package: autorun {word}:NAME calls a function in it"
    if path.startswith("src/"):
        return f"{word!r} is a module: autorun {path} runs it"
    return f"{word!r} is a module: autorun -m {word} runs it, or autorun {path} its file"


def not_a_callable_name(word: str, is_file: bool) -> str:
    """Advise on a word with a colon that is not `module:callable`."""
    module, _, attribute = word.partition(":")
    called = attribute.partition("(")[0]
    dotted = module.removesuffix(".py").removeprefix("./").replace("/", ".").replace("\\", ".")
    better = f"{dotted}:{called}"
    if better != word and is_dotted(dotted) and is_dotted(called):
        if module == dotted:
            return f"{word!r} is called by autorun itself: type {better}"
        kind = "is a file" if is_file else "looks like a file"
        return f"{module!r} {kind}, a module is wanted before the colon: type {better}"
    return f"{word!r} is not module:callable, as in main:main"


def is_dotted(name: str) -> bool:
    """Tell whether a name is made of Python identifiers with dots between."""
    return all(part.isidentifier() for part in name.split("."))


def did_you_mean(near: "Sequence[str]") -> str:
    """End a sentence with the names that come close, if there are any."""
    return f", did you mean {' or '.join(map(repr, near))}?" if near else ""


def _a(noun: str) -> str:
    article = "an" if noun[:1] in "AEIOUaeio" else "a"
    return f"{article} {noun}"
