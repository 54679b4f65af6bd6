"""The house rules, read from the files themselves: who imports whom, where I/O may be, how long a file is."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("emulator", "harness", "vpcd")
MAY_IMPORT = {"emulator": set(), "vpcd": set(), "harness": {"emulator", "vpcd"}}  # each itself, too
MAX_LINES = 400

# emulator/ from low to high: a module imports from lines above its own only; names in one line are strangers.
LEVELS = [
    {"errors", "status"},
    {"tlv", "apdu", "atr", "access", "mistake"},
    {"pin", "key", "file", "yaml_text"},
    {"facts"},
    {"state", "consistency"},
    {"applet"},
    {"applets.iso7816", "applets.reference_data", "applets.signature"},
    {"applets.idemia"},
    {"applets", "layer"},
    {"schema"},
    {"profile", "personalisation", "trace"},
    {"card", "vector"},
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}

# What would let the world into the card. `random` is an argument of the card, never a module.
WORLD = {
    "asyncio", "builtins", "concurrent", "ctypes", "datetime", "fcntl", "glob", "http", "importlib.resources",
    "io", "logging", "mmap", "multiprocessing", "os", "pathlib", "pickle", "queue", "random", "resource",
    "secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys",
    "tempfile", "threading", "time", "urllib", "uuid", "warnings",
}  # fmt: skip
CALLS = {"open", "print", "input", "breakpoint", "exec", "eval", "compile", "__import__"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(file: Path, package: str) -> str:
    """emulator/applets/idemia.py is `applets.idemia`, emulator/applets/__init__.py is `applets`."""
    parts = file.relative_to(ROOT / package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), str(file))


def imports(file: Path, package: str) -> Iterator[str]:
    """Every module that a file imports, by its full name; relative ones as `softeid.package.module`."""
    here = ["softeid", package, *filter(None, name_of(file, package).split("."))]
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level + (file.name == "__init__.py")] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


EVERY_MODULE = [(package, file) for package in PACKAGES for file in modules(package)]
EMULATOR = modules("emulator")


def test_there_is_something_to_look_at() -> None:
    assert {name_of(file, "emulator") for file in EMULATOR} >= {"", "card", "applets", "applets.idemia"}
    found = set(imports(ROOT / "emulator" / "applets" / "idemia.py", "emulator"))
    assert {
        "softeid.emulator.tlv",
        "softeid.emulator.apdu.Command",
        "softeid.emulator.applets.iso7816.Iso7816",
    } <= found


@pytest.mark.parametrize(
    ("package", "file"), EVERY_MODULE, ids=[str(f.relative_to(ROOT)) for _, f in EVERY_MODULE]
)
def test_a_package_imports_only_whom_it_may(package: str, file: Path) -> None:
    for name in imports(file, package):
        first, _, rest = name.partition(".")
        assert first not in PACKAGES, f"{name}: a bare package; write softeid.{name}"
        if first == "softeid":
            other = rest.partition(".")[0]
            assert other == package or other in MAY_IMPORT[package] or other == "__version__", name


@pytest.mark.parametrize("file", EMULATOR, ids=[name_of(file, "emulator") or "__init__" for file in EMULATOR])
def test_emulator_imports_downwards(file: Path) -> None:
    own = name_of(file, "emulator")
    if not own:
        return  # the list of promised names, resolved when they are asked for
    assert own in LEVEL, f"{own} has no place in the order yet"
    for name in imports(file, "emulator"):
        if name.startswith("softeid.emulator."):
            rest = name.removeprefix("softeid.emulator.")
            target = max((known for known in LEVEL if f"{rest}.".startswith(f"{known}.")), key=len)
            assert LEVEL[target] < LEVEL[own], f"{own} imports {target}"


def test_every_place_in_the_order_is_taken() -> None:
    assert LEVEL.keys() == {name_of(file, "emulator") for file in EMULATOR} - {""}


@pytest.mark.parametrize("file", EMULATOR, ids=[name_of(file, "emulator") or "__init__" for file in EMULATOR])
def test_emulator_does_no_io(file: Path) -> None:
    for name in imports(file, "emulator"):
        assert not any(f"{name}.".startswith(f"{world}.") for world in WORLD), name
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in CALLS, f"{node.func.id}() in line {node.lineno}"


@pytest.mark.parametrize(
    ("package", "file"), EVERY_MODULE, ids=[str(f.relative_to(ROOT)) for _, f in EVERY_MODULE]
)
def test_every_module_says_what_it_is_and_is_short(package: str, file: Path) -> None:
    assert ast.get_docstring(tree(file)), f"{file.name} has no docstring"
    lines = file.read_text("utf-8").count("\n")
    assert lines <= MAX_LINES, f"{lines} lines: there are two ideas in it"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "softeid", "--help"],
        ["-m", "pytest", "--collect-only", "-q", "tests/emulator/test_pin.py", "-p", "no:cacheprovider"],
        [
            "-c",
            "import softeid.emulator.card, softeid.harness.seed, softeid.vpcd.bridge",
        ],
    ],
    ids=["the command", "pytest", "an import"],
)
def test_no_bare_package_is_imported_from_the_root(arguments: list[str], tmp_path: Path) -> None:
    """A second copy of a package would have second copies of its classes."""
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        f"bare = lambda: [name for name in {PACKAGES!r} if name in sys.modules]\n"
        "atexit.register(lambda: sys.stderr.write(f'BARE {bare()}\\n'))\n"
    )
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "BARE []" in done.stderr


def test_promised_names_are_no_modules() -> None:
    """A module of the same name would hide the promised one as soon as somebody imports it."""
    import softeid.emulator

    assert not set(softeid.emulator.__all__) & LEVEL.keys()
    assert all(
        getattr(softeid.emulator, name).__module__.startswith("softeid.emulator.")
        for name in softeid.emulator.__all__
    )
    assert sorted(softeid.emulator.__all__) == list(softeid.emulator.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Kard'"):
        softeid.emulator.Kard  # noqa: B018
