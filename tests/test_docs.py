"""The documents say what is: files, commands, options, formats and versions that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from mapper import __version__
from mapper.__main__ import build_parser
from mapper.export import FORMATS
from mapper.read import ENDINGS

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md", "CHANGELOG.md")


def text(name):
    return (ROOT / name).read_text("utf-8")


def commands():
    return next(a.choices for a in build_parser()._actions if isinstance(a.choices, dict))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_and_paths_exist(name):
    folder = (ROOT / name).parent
    for link in re.findall(r"\]\(([^)#]+)\)", text(name)):
        if not link.startswith("http"):
            assert (folder / link).exists(), link
    for path in re.findall(
        r"`((?:mapper|geodata|docs|scripts|tests|training|benchmarks)/[^`*\s]*)`", text(name)
    ):
        assert (ROOT / path).exists(), path


def test_architecture_names_every_module():
    described = text("docs/ARCHITECTURE.md")
    modules = [
        p for p in (ROOT / "mapper").iterdir() if p.name not in ("__pycache__", "__init__.py")
    ]
    modules += [ROOT / name for name in ("geodata", "training", "benchmarks", "scripts", "app.py")]
    for path in modules:
        if path.is_dir() and not any(p.is_file() for p in path.rglob("*") if p.suffix != ".pyc"):
            continue
        name = path.relative_to(ROOT).as_posix() + ("/" if path.is_dir() else "")
        assert f"`{name}`" in described, name


def test_stages_know_neither_app_nor_store():
    stages = ["read", "segment", "encode", "recognise", "candidates", "rank", "resolve", "merge"]
    files = [ROOT / "mapper" / f"{name}.py" for name in stages]
    files += (ROOT / "mapper" / "extract").glob("*.py")
    for path in files:
        for line in path.read_text("utf-8").splitlines():
            match = re.match(r"\s*(?:from|import)\s+([\w.]+)", line)
            if match:
                assert not re.match(
                    r"streamlit|folium|mapper\.(store|views|webmap|export|corrections)|random|time$",
                    match[1],
                ), f"{path.name}: {line}"


def test_readme_tells_of_every_command_and_format():
    readme = text("README.md")
    for name in commands():
        assert f"python -m mapper {name}" in readme, name
    for ending in FORMATS:
        assert f"`{ending}`" in readme, ending
    for ending in (".txt", ".html", ".md", ".jsonl"):
        assert ending in ENDINGS and ending in readme


def test_options_named_in_the_readme_exist():
    known = {option for c in commands().values() for a in c._actions for option in a.option_strings}
    for option in re.findall(r"`(--[\w-]+)", text("README.md")):
        assert option in known, option


def test_commands_of_the_readme_parse():
    parser = build_parser()
    for line in re.findall(r"^python -m mapper (.+)$", text("README.md"), re.MULTILINE):
        args = parser.parse_args(shlex.split(line))
        assert all((ROOT / path).exists() for path in args.inputs)


def test_readme_opens_with_the_two_commands():
    readme = text("README.md")
    first, second = re.findall(r"```\n(.+?)\n```", readme, re.DOTALL)[:2]
    assert first.endswith("streamlit run app.py") and "requirements.txt" in first
    assert second == "bash scripts/test.sh"
    assert readme.index(second) < readme.index("![")


def test_python_of_the_readme_compiles():
    for block in re.findall(r"```python\n(.+?)```", text("README.md"), re.DOTALL):
        compile(block, "README.md", "exec")


def test_versions_agree():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert project["version"] == __version__
    assert f"## {__version__}" in text("CHANGELOG.md")


@pytest.mark.parametrize("script", [".ci/run", "scripts/test.sh"])
def test_scripts_are_sound(script):
    assert (ROOT / script).stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", ROOT / script], check=False).returncode == 0


def test_requirements_are_pinned_exactly():
    for path in ROOT.glob("requirements*.txt"):
        for line in path.read_text("utf-8").splitlines():
            line = line.split("#")[0].strip()
            if line and not line.startswith("-"):
                assert re.match(r"[\w.-]+(\[[\w,]+\])?( @ |==[\w.+!]+)", line), (
                    f"{path.name}: {line}"
                )


def test_run_time_imports_are_required():
    """What mapper, geodata and the app import stands in requirements.txt."""
    import importlib.metadata as metadata
    import sys

    names = metadata.packages_distributions()
    normal = lambda name: re.sub(r"[-_.]+", "-", name).lower()  # noqa: E731
    pinned = {
        normal(line.split("==")[0])
        for line in text("requirements.txt").splitlines()
        if "==" in line
    }
    files = [*(ROOT / "mapper").rglob("*.py"), ROOT / "app.py", *(ROOT / "geodata").glob("*.py")]
    for path in files:
        if not path.exists():
            continue
        for module in re.findall(
            r"^\s*(?:from|import)\s+(\w+)", path.read_text("utf-8"), re.MULTILINE
        ):
            if module in sys.stdlib_module_names or module in ("mapper", "geodata"):
                continue
            if module not in names:
                continue  # a word at the start of a line of text
            assert {normal(d) for d in names[module]} & pinned, f"{path}: {module}"
