"""The house rules that a machine can see: rooms, sizes, words and docs."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from patchlib import paths, queries

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "patchlib"
MODULES = sorted(PACKAGE.rglob("*.py"))
# Left to right, as data flows; a room may import only rooms of its own rank or to its left.
RANKS = (
    {
        "decision",
        "errors",
        "expression",
        "lock",
        "paths",
        "remediation",
        "schedule",
        "settings",
        "shapes",
        "terms",
        "versions",
        "wire",
    },
    {"sources"},
    {"aws", "budget", "clients", "documents", "manifest", "meter", "objects", "roles", "snapshot"},
    {
        "accounts",
        "base",
        "callcost",
        "callplan",
        "cells",
        "census",
        "charges",
        "cloudformation",
        "datasync",
        "denial",
        "doctor",
        "extract",
        "factsource",
        "harvest",
        "lastrun",
        "policy",
        "progress",
        "reading",
        "vanished",
    },
    {
        "checks",
        "costexample",
        "dryrun",
        "entities",
        "export",
        "feeds",
        "feedtables",
        "header",
        "history",
        "ledger",
        "load",
        "packages",
        "pagerows",
        "queries",
        "raw",
        "reference",
        "schema",
        "standin",
        "store",
        "swap",
    },
    {"metrics", "models"},
    {"figures"},
    {"tables", "site", "display"},
    {"kernel", "notebook"},
    {"explain", "reports"},
    {
        "commands",
        "explaining",
        "feeding",
        "opening",
        "rehearsal",
        "reporting",
        "scheduling",
        "screen",
        "syncing",
    },
    {"cli", "__main__"},
)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__")


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _rank(room: str) -> int | None:
    return next((rank for rank, rooms in enumerate(RANKS) if room in rooms), None)


def test_one_door_to_aws() -> None:
    """boto3 is imported in aws.py only."""
    importing = {_name(path) for path in MODULES if any(name.split(".")[0] == "boto3" for name in _imported(path))}
    assert importing == {"patchlib.aws"}


def test_every_room_has_a_rank() -> None:
    """A new room at the top of the package is placed on the straight way, not beside it."""
    rooms = {_room(_name(path)) for path in MODULES} - {"", "sandbox"}
    assert not {room for room in rooms if _rank(room) is None}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_point_left(path: Path) -> None:
    """A room imports only what comes before it; nothing but the commands and the demo's weeks needs the sandbox."""
    room = _room(_name(path))
    own = _rank(room)
    for name in _imported(path):
        other = _room(name) if name.startswith("patchlib.") else ""
        if not other or other == room:
            continue
        if other == "sandbox":
            assert room in {"commands", "cli", "rehearsal"}, name
        elif room == "sandbox":
            assert _rank(other) in {None, 0, 1} or other.startswith("__"), name
        elif own is not None and _rank(other) is not None:
            assert _rank(other) <= own, name  # type: ignore[operator]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_rooms_are_small(path: Path) -> None:
    """A module has at most 350 lines and a function at most 60."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_what_is_public_is_declared_and_described(path: Path) -> None:
    """`__all__` is sorted and complete, and everything in it has a docstring."""
    if path.name == "__main__.py":
        return
    assert ast.get_docstring(_tree(path)), "module docstring"
    tree = _tree(path)
    declared: list[str] = []
    defined: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            declared = ast.literal_eval(node.value)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
    if not declared and not defined:
        return
    assert sorted(declared) == sorted(set(declared))
    commands = {name for name, node in defined.items() if path.name == "cli.py" and getattr(node, "decorator_list", [])}
    assert {name for name in defined if not name.startswith("_")} - commands <= set(declared)
    for name in declared:
        if name in defined:
            assert ast.get_docstring(defined[name]), name  # type: ignore[arg-type]


def test_only_the_edges_read_a_clock() -> None:
    """The wall clock is read by the command line alone; everything else is told the time."""
    reading = {
        _name(path)
        for path in MODULES
        if re.search(r"\b(datetime\.now|datetime\.today|date\.today|time\.time)\(", path.read_text(encoding="utf-8"))
    }
    assert reading <= {"patchlib.cli", "patchlib.commands"}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_module_has_its_test(path: Path) -> None:
    """tests/ mirrors patchlib/: a module has a test file of its name, or its folder's tests use it by name."""
    relative = path.relative_to(PACKAGE)
    if path.name in {"__init__.py", "__main__.py"}:
        return
    folder = ROOT / "tests" / relative.parent
    own = folder / f"test_{path.name}"
    used = any(path.stem in test.read_text(encoding="utf-8") for test in folder.glob("test_*.py"))
    assert own.exists() or (len(relative.parts) > 1 and used), own


def test_no_raw_table_outside_core() -> None:
    """Leaf queries and Python read core relations; raw is for queries/core and the store."""
    for path in paths.queries_folder().glob("*/*.sql"):
        if path.parent.name not in {"core", "checks"}:
            assert not re.search(r"\braw\.", path.read_text(encoding="utf-8")), path.name


def test_names_say_what_things_are() -> None:
    """No utils, helpers, common or manager."""
    assert not [path for path in MODULES if path.stem in {"utils", "helpers", "common", "misc", "manager"}]


def test_the_locks_carry_hashes_and_no_host() -> None:
    """Every locked package has hashes, and no lock names where it came from."""
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        packages = re.findall(r"^[A-Za-z0-9_.\-\[\]]+==", text, flags=re.MULTILINE)
        assert len(packages) > 50
        assert text.count("--hash=sha256:") >= len(packages)


def test_every_dependency_is_used() -> None:
    """What the package declares to need, it imports (or a package it names needs it at run time)."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[<>=\[~! ]", entry)[0].replace("-", "_") for entry in declared}
    imported = {name.split(".")[0] for path in MODULES for name in _imported(path)}
    not_imported = {"tzdata", "ipykernel"}  # zoneinfo's data on machines without their own; papermill's kernel
    module_of = {"markdown_it_py": "markdown_it"}
    assert {name for name in names - not_imported if module_of.get(name, name) not in imported} == set()


def _help(*arguments: str) -> str:
    command = [sys.executable, "-m", "patchlib", *arguments, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_every_command_is_in_the_readme() -> None:
    """The README names every command of the command line, and each has a help text."""
    cli = importlib.import_module("patchlib.cli")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [command.name or command.callback.__name__ for command in cli.app.registered_commands]
    for name in commands:
        assert f"patchlib {name}" in readme, name
    assert all(command.callback.__doc__ for command in cli.app.registered_commands)
    assert "It only reads AWS" in " ".join(_help().split())


def test_documents_speak_of_the_project_only() -> None:
    """No path of somebody's machine in anything that is committed as text."""
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=False, cwd=ROOT).stdout.split()
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".md", ".py", ".sql", ".toml", ".ipynb", ".css", ".js", ".html", ".csv"} and path.exists():
            assert not re.search(r"(?<![\w.])/(home|work|Users)/\w", path.read_text(encoding="utf-8")), name


def test_the_stable_queries_are_as_the_readme_names_them() -> None:
    """Twelve queries, each with exactly the columns that the README promises to those who script against it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Stable queries")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    assert len(rows) == 12
    for _, name, _, columns, _ in rows:
        query = queries.load(name.strip(" `"))
        assert [column.strip(" `") for column in columns.split(",")] == [column.name for column in query.columns]


def test_each_word_is_defined_once() -> None:
    """Two definitions of a word are two meanings: the glossary's tables hold each once."""
    rows = re.findall(r"^\| (.+?) \|", (ROOT / "GLOSSARY.md").read_text(encoding="utf-8"), re.MULTILINE)
    words = [row for row in rows if row not in {"word", "state", "---"}]
    assert sorted(words) == sorted(set(words))
