"""House rules that a reader would otherwise have to watch over."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from traffic_analyzer.faces.completion import render_bash, render_zsh
from traffic_analyzer.faces.manual import render_manual
from traffic_analyzer.faces.reference import render_reference

from .tree import PACKAGE, ROOT, files, texts

#: They need the kernel: tested in tests/kernel, as root.
_TESTED_IN_KERNEL = {
    *(f"kernel/{name}.py" for name in ("attachments", "bpffs", "instance", "leavings", "libbpf", "reader", "tc")),
    "collector.py", "daemon.py",
}  # fmt: skip
_WIRING = {"__init__.py", "__main__.py"}
_LINES_MAX = 400
_CODE = {".py", ".c", ".h", ".js", ".uc", ".sh", ".mk", ""}
_CAPTURES = ROOT.parent / "shared" / "captures" / "pcap"


def test_every_module_has_its_test_file() -> None:
    missing = []
    for path in files(PACKAGE):
        module = path.relative_to(PACKAGE)
        if path.suffix != ".py" or path.name in _WIRING or module.as_posix() in {*_TESTED_IN_KERNEL}:
            continue
        if not (ROOT / "tests" / "unit" / module.parent / f"test_{module.name}").exists():
            missing.append(module.as_posix())
    assert missing == []


def test_every_exception_is_a_module() -> None:
    assert [name for name in sorted(_TESTED_IN_KERNEL) if not (PACKAGE / name).exists()] == []


def test_every_unit_test_has_its_module() -> None:
    unit = ROOT / "tests" / "unit"
    tests = [path.relative_to(unit) for path in files(unit) if path.name.startswith("test_")]
    assert tests
    assert [t.as_posix() for t in tests if not (PACKAGE / t.parent / t.name.removeprefix("test_")).exists()] == []


def test_no_file_is_too_long() -> None:
    long = {
        str(path): text.count("\n")
        for path, text in texts()
        if path.suffix in _CODE and path.name != "LICENSE" and text.count("\n") > _LINES_MAX
    }
    assert long == {}


def test_no_checkout_is_named() -> None:
    checkout = re.compile(re.escape(str(ROOT)) + "|" + r"(?<![\w.])/(?:work|home|root)" + r"/\w")
    assert [f"{path}: {found[0]}" for path, text in texts() if (found := checkout.search(text))] == []


def test_nothing_is_left_to_do() -> None:
    words = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    assert [f"{path}: {found[0]}" for path, text in texts() if (found := words.search(text))] == []


def test_no_capture_is_kept_here() -> None:
    if not _CAPTURES.is_dir():
        pytest.skip(f"no {_CAPTURES} to compare with")
    stems = {path.stem for path in _CAPTURES.iterdir()}
    assert stems
    assert [str(path) for path in files(ROOT) if path.stem in stems] == []


def _targets(makefile: str) -> set[str]:
    """Targets that a person calls: not files, patterns, variables or what begins with a dot."""
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE))


def test_every_make_target_has_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    shown = subprocess.run(["make", "-C", str(ROOT), "-s", "help"], capture_output=True, text=True, check=True).stdout
    helped = re.findall(r"^  make ([a-z-]+) +\S.*$", shown, re.MULTILINE)
    assert len(helped) == len(shown.splitlines())
    assert set(helped) == _targets(makefile)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert set(phony.split()) == _targets(makefile)


@pytest.mark.parametrize(
    ("line", "targets"), [("a: b ## c", {"a"}), ("X := 1", set()), ("x:=1", set()), ("b/c: d", set()), (".a: b", set())]
)
def test_targets_are_read_from_the_makefile(line: str, targets: set[str]) -> None:
    assert _targets(line) == targets


def test_the_reference_is_that_of_the_declarations() -> None:
    assert (ROOT / "docs" / "reference.md").read_text() == render_reference(), "run `make docs`"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/traffic-analyzer.1", render_manual()),
        ("files/usr/share/bash-completion/completions/traffic-analyzer", render_bash()),
        ("files/usr/share/zsh/site-functions/_traffic-analyzer", render_zsh()),
    ],
)
def test_what_shells_and_man_show_is_that_of_the_declarations(path: str, text: str) -> None:
    assert (ROOT / path).read_text() == text, "run `make docs`"


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in files(ROOT / "tests") if path.suffix == ".py"}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_paths_are_found_at_all() -> None:
    found = {path.as_posix() for path, _ in texts()}
    assert {"Makefile", "ebpf/traffic_analyzer.h", "tests/repo/tree.py", "hack/install-packages"} <= found
    assert not any(Path(path).parts[0] in {".git", ".venv", "build"} for path in found)
