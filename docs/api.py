"""Pages of the Python API, made by pdoc from the docstrings: ``python docs/api.py out/docs``.

Every module of ``kinesics_core`` and of ``kinesics_ros`` that imports here gets a page. One that
wants an extra which is not installed is left out by name; ``make docs`` installs what they need.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import warnings
from pathlib import Path

import pdoc

PACKAGES = ("kinesics_core", "kinesics_ros")
TEMPLATES = Path(__file__).with_name("templates")


def missing(package: str) -> dict[str, str]:
    """Find the modules of a package that cannot be imported here.

    Returns:
        The reason by module, for want of an extra in most cases.
    """
    reasons = {}
    for entry in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        try:
            importlib.import_module(entry.name)
        except ImportError as error:
            reasons[entry.name] = str(error)
    return reasons


def write(out: Path, packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Write the pages.

    Args:
        out: Folder for them; ``index.html`` is the way in.
        packages: Names of the packages to write pages of.

    Returns:
        The modules that were left out, with the reason.
    """
    left_out = {name: why for package in packages for name, why in missing(package).items()}
    pdoc.render.configure(docformat="google", template_directory=TEMPLATES)
    with warnings.catch_warnings():
        # The types of a NamedTuple's fields are shown as they are written; what cannot be imported
        # is left out and returned.
        warnings.filterwarnings("ignore", "Error parsing type annotation", UserWarning)
        warnings.filterwarnings("ignore", "Couldn't import", UserWarning)
        pdoc.pdoc(*packages, *(f"!{name}" for name in left_out), output_directory=out)
    return left_out


def main() -> int:
    """Write the pages to the folder named on the command line."""
    for name, why in write(Path(sys.argv[1])).items():
        print(f"left out: {name} ({why})", file=sys.stderr)
    print(f"open {sys.argv[1]}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
