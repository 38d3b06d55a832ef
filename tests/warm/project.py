"""A generated project, and generated edits of it: what the oracle runs warm and cold."""

import os
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests import saving
from tests.slow import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = 8
OPTIONAL = ("opt_a", "opt_b", "m3x", "pk")
HEAVY = ("", "json", "decimal", "xml.dom.minidom", "email.message", "ctypes.util", "wave")
QUICK = [save for save in saving.STYLES if save not in (*saving.SLOWLY, saving.same_second)]

DUMP = '''
"""Says everything that can be seen of the project's modules."""
import enum, hashlib, json, logging, os, signal, sys, threading
HERE = os.path.dirname(os.path.abspath(__file__))

def shown(value):
    if isinstance(value, type) and issubclass(value, enum.Enum):
        return [[one.name, one.value] for one in value]
    if isinstance(value, type):
        notes = sorted(vars(value).get("__annotations__", {}))
        return [value.__qualname__, value.__module__, notes]
    if callable(value):
        return ["call", value(), value.__doc__, value.__code__.co_firstlineno]
    if isinstance(value, BaseException):
        return [type(value).__name__, str(value), value.__traceback__.tb_lineno]
    return value if isinstance(value, (int, str, list, dict, type(None))) else repr(type(value))

def state():
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        path = getattr(module, "__path__", None)
        if name == "dump":
            continue
        if file.startswith(HERE):
            with open(file, "rb") as source:
                digest = hashlib.sha1(source.read()).hexdigest()[:8]
            names = [one for one in vars(module) if one.isupper() or one[:2] in ("f_", "C_", "E_")]
            found[name] = [os.path.relpath(file, HERE), digest, module.__doc__, getattr(
                module, "__annotations__", {}) and sorted(module.__annotations__),
                {one: shown(getattr(module, one)) for one in sorted(names)},
                [one for one in vars(module) if not one.startswith("__")]]
        elif not file and path is not None and any(str(one).startswith(HERE) for one in path):
            found[name] = "namespace"
    return {
        "modules": found, "order": list(found), "cwd": os.getcwd(), "argv": sys.argv[:1],
        "threads": threading.active_count(), "handlers": len(logging.root.handlers),
        "sigint": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "path": [one for one in sys.path if one.startswith(HERE)],
    }

def report():
    text = json.dumps(state(), sort_keys=True, default=repr)
    if "--once" in sys.argv:
        print(text)
        return
    target = os.environ["DUMP_TO"]
    with open(target + "~", "w") as file:
        file.write(text)
    os.replace(target + "~", target)
'''

BASE = """
REGISTRY = {}
KINDS = []

def register(name):
    def take(function):
        REGISTRY[name] = function.__module__
        return function
    return take

class Base:
    def __init_subclass__(cls, **named):
        super().__init_subclass__(**named)
        KINDS.append(cls.__module__ + "." + cls.__qualname__)
"""


class Module:
    """One module of the project, made from what it has."""

    def __init__(self, number: int, rnd: random.Random) -> None:
        self.number = number
        self.value = 0
        self.docs = 0
        below = range(number)
        self.imports = sorted(rnd.sample(below, min(number, rnd.randint(0, 3))))
        self.stars = [one for one in self.imports if rnd.random() < 0.2]
        self.optional = rnd.choice(OPTIONAL) if rnd.random() < 0.5 else ""
        self.heavy = rnd.choice(HEAVY)
        self.reads = rnd.random() < 0.4
        self.lists = rnd.random() < 0.1
        self.functions = rnd.randint(0, 3)
        self.sleeps = rnd.random() < 0.5
        self.fails = False
        self.has_future = rnd.random() < 0.3
        self.annotates = rnd.random() < 0.4
        self.has_class = rnd.random() < 0.4
        self.has_cycle = rnd.random() < 0.2

    def text(self) -> str:
        """The source."""
        lines = [f'"""Module {self.number}, {self.docs}."""']
        if self.has_future:
            lines.append("from __future__ import annotations")
        lines += ["import os, time", "from base import Base, register"]
        lines += [f"import {self.heavy}"] * bool(self.heavy)
        lines += [PAUSE] * self.sleeps
        for one in self.imports:
            lines.append(f"import m{one}")
            if one in self.stars:
                lines.append(f"from m{one} import *")
        if self.optional:
            lines += ["try:", f"    import {self.optional} as _found"]
            lines += ["    OPTION = getattr(_found, 'VALUE', 'none')"]
            lines += ["except ImportError as error:", "    OPTION = str(error)"]
        if self.has_cycle and self.number:
            lines += ["import main_state", f"main_state.SEEN.append({self.number})"]
        lines += [f"VALUE = {self.value}; TWICE = VALUE * 2", '"a text that stands alone"']
        lines.append("SUM = VALUE" + "".join(f" + m{one}.SUM" for one in self.imports))
        if self.annotates:
            lines.append(f"NOTED: int = {self.value}")
        if self.reads:
            lines.append(f"with open('data{self.number % 3}.txt') as file: DATA = file.read()")
        if self.lists:
            lines.append("PLUGINS = sorted(os.listdir('plugins'))")
        if self.has_class:
            lines += ["import enum", "class E_Kind(enum.Enum):", f"    ONE = {self.value}"]
            lines += ["class C_Thing(Base):", "    number: int = 1", "    def call(self):"]
            lines += [f"        return {self.value}"]
        for one in range(self.functions):
            lines += ["", "", f"@register('m{self.number}.{one}')", f"def f_{one}():"]
            lines += [f'    """{self.value}"""', f"    return VALUE * {one + 1} + {self.value}"]
        if self.fails:
            lines.append(f"raise ValueError({self.value})")
        lines += ["if SUM % 2:", "    ODD = True", "else:", "    EVEN = True"]
        return "\n".join(lines) + "\n"


class Project:
    """The project in a folder, and its next edit."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.rnd = random.Random(seed)
        self.modules = [Module(number, self.rnd) for number in range(MODULES)]
        self.main_value = 0
        (folder / "plugins").mkdir(parents=True)
        for name, text in (
            ("dump.py", DUMP),
            ("base.py", BASE),
            ("main_state.py", "SEEN = []\n"),
            *((f"data{number}.txt", "0") for number in range(3)),
            *((f"m{one.number}.py", one.text()) for one in self.modules),
            ("main.py", self._main()),
        ):
            (folder / name).write_text(text)

    def _main(self) -> str:
        lines = ['"""The target."""', "import sys, time", "import dump"]
        for one in self.modules:
            name = f"m{one.number}"
            lines += ["try:", f"    import {name}", "except ValueError as error:"]
            lines += [f"    FAILED_{one.number} = error"]
        lines += [f"MAIN = {self.main_value}", "ANNOTATED: int = 1", "def f_main():"]
        lines += [f"    return {self.main_value}", "dump.report()"]
        lines += ["if '--once' not in sys.argv:", "    while True:", "        time.sleep(1000)"]
        return "\n".join(lines) + "\n"

    def save(self, name: str, text: str) -> None:
        """Write a file as one of many editors would."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_text(text)
        elif path.read_text() != text:
            # A target that is a link is run in another folder, where no module lies.
            styles = [one for one in QUICK if name != "main.py" or one != saving.through_symlink]
            self.rnd.choice(styles)(path, text)

    def remove(self, name: str) -> None:
        """Remove a file or a folder, if it is there."""
        path = self.folder / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()

    def edit(self) -> str:
        """Do one edit; what it was."""
        kinds: dict[str, Callable[[], object]] = {
            "value": self._value,
            "functions": self._functions,
            "imports": self._imports,
            "heavy": self._heavy,
            "docs": self._docs,
            "option": self._option,
            "fails": self._fails,
            "flags": self._flags,
            "data": self._data,
            "plugin": self._plugin,
            "optional": self._optional,
            "main": self._edit_main,
            "several": self._several,
            "touch": self._touch,
            "undone": self._undone,
        }
        kind = self.rnd.choice([*kinds, "value", "value", "functions", "main", "optional"])
        kinds[kind]()
        return kind

    def _pick(self) -> Module:
        return self.rnd.choice(self.modules)

    def _put(self, module: Module) -> None:
        self.save(f"m{module.number}.py", module.text())

    def _value(self) -> None:
        module = self._pick()
        module.value += 1
        self._put(module)

    def _functions(self) -> None:
        module = self._pick()
        module.functions = self.rnd.randint(0, 4)
        self._put(module)

    def _imports(self) -> None:
        module = self._pick()
        below = range(module.number)
        module.imports = sorted(self.rnd.sample(below, min(len(below), self.rnd.randint(0, 3))))
        self._put(module)

    def _heavy(self) -> None:
        module = self._pick()
        module.heavy = self.rnd.choice(HEAVY)
        self._put(module)

    def _docs(self) -> None:
        module = self._pick()
        module.docs += 1
        self._put(module)

    def _option(self) -> None:
        module = self._pick()
        module.optional = self.rnd.choice(("", *OPTIONAL))
        self._put(module)

    def _fails(self) -> None:
        module = self._pick()
        module.fails = not module.fails
        self._put(module)

    def _flags(self) -> None:
        module = self._pick()
        name = self.rnd.choice(("has_future", "annotates", "has_class", "has_cycle", "sleeps"))
        setattr(module, name, not getattr(module, name))
        self._put(module)

    def _data(self) -> None:
        self.save(f"data{self.rnd.randint(0, 2)}.txt", str(self.rnd.randint(1, 9)))

    def _plugin(self) -> None:
        # Which is no change for anybody who watches, but for a new start it is.
        (self.folder / "plugins" / f"{self.rnd.randint(0, 9)}.txt").write_text("")
        for module in self.modules:
            if module.lists or module.number == MODULES - 1:
                module.value += 1
                self._put(module)

    def _optional(self) -> None:
        name = self.rnd.choice(OPTIONAL)
        self.remove(f"{name}.py")
        self.remove(name)
        match self.rnd.choice(("module", "package", "folder", "gone")):
            case "module":
                self.save(f"{name}.py", f"VALUE = {self.rnd.randint(0, 99)}\n")
            case "package":
                self.save(f"{name}/__init__.py", f"VALUE = {self.rnd.randint(0, 99)}\n")
            case "folder":
                (self.folder / name).mkdir()
        self._value()

    def _edit_main(self) -> None:
        self.main_value += 1
        self.save("main.py", self._main())

    def _several(self) -> None:
        for module in self.rnd.sample(self.modules, 3):
            module.value += 1
            self._put(module)

    def _touch(self) -> None:
        os.utime(self.folder / f"m{self._pick().number}.py")

    def _undone(self) -> None:
        module = self._pick()
        before = module.text()
        module.value += 1
        self._put(module)
        module.value -= 1
        self.save(f"m{module.number}.py", before)
