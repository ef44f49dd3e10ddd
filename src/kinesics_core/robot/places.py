"""Places of maps and descriptions of robots: ours by name, the user's by path."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from kinesics_core.assets.store import path as asset_path
from kinesics_core.assets.store import shipped
from kinesics_core.errors import AssetError, ModelError
from kinesics_core.robot.urdf import mesh_folders, wheel_share

MAPS = "robots"
"""Folder of the maps below ``config/``."""

WHEEL = "example-robot-data"
"""The wheel (BSD-3-Clause) that brings most of the robots we have maps of."""

ASSET = "asset:"
"""Beginning of a description's name in a map that the assets' manifest has."""


def known_robots() -> list[str]:
    """Return the names of the robots that have a map."""
    try:
        folder = shipped(f"{MAPS}/g1.yaml").parent
    except AssetError:
        return []
    return sorted(file.stem for file in folder.glob("*.yaml"))


def find_map(name: str) -> Path:
    """Return the file of a robot's map.

    Args:
        name: A name such as "g1", or a path ending in .yaml or .yml.

    Raises:
        ModelError: There is none.
    """
    path = Path(name).expanduser()
    if path.suffix in (".yaml", ".yml"):
        if path.is_file():
            return path
        raise ModelError(f"The robot's map {name} does not exist. Write one with"
                         " `kinesics robot map URDF`.")
    try:
        return shipped(f"{MAPS}/{name.lower()}.yaml")
    except AssetError:
        raise ModelError(
            f"Got the robot {name!r}; there are maps of {', '.join(known_robots())}. For another"
            " robot write a map with `kinesics robot map URDF` and give its path.") from None


def find_urdf(name: str) -> Path:
    """Return the file of a robot's description.

    Args:
        name: Path of a URDF, or the name or path of a map that names one.

    Raises:
        ModelError: It is not there; the sentence says where it was looked for or what brings it.
    """
    path = Path(name).expanduser()
    a_file = path.is_file() or path.suffix or os.sep in name
    if a_file and path.suffix not in (".yaml", ".yml"):
        return path
    file = find_map(name)
    try:
        known = yaml.safe_load(file.read_text()) or {}
    except (OSError, yaml.YAMLError) as error:
        raise ModelError(f"The robot's map {file} could not be read: {error}") from error
    if isinstance(known, dict) and known.get("driver"):
        raise ModelError(
            f"The robot {file.stem} has no joints to be mapped: its own software poses it as a"
            f" whole. `kinesics up --robot {file.stem}` moves it; see docs/robot.md.")
    wanted = str(known.get("urdf", "")) if isinstance(known, dict) else ""
    if not wanted:
        raise ModelError(f"The map {file} names no description (urdf:); give the URDF's path:"
                         f" {known.get('urdf_from', 'it comes with the robot')}."
                         if isinstance(known, dict) else f"The map {file} is no map of keys.")
    return _described(wanted, file)


def _described(wanted: str, file: Path) -> Path:
    """Find the description that a map names: beside it, in the wheel, or in a ROS package."""
    if wanted.startswith(ASSET):
        return asset_path(wanted.removeprefix(ASSET))
    path = Path(wanted.removeprefix("package://")).expanduser()
    if path.is_absolute():
        return path
    places = [file.parent, wheel_share() / WHEEL / "robots",
              *(Path(folder) for folder in mesh_folders(file))]
    for place in places:
        if (place / path).is_file():
            return place / path
    raise ModelError(
        f"The map {file} names the description {wanted}, which is neither beside it nor in"
        f" {wheel_share() / WHEEL / 'robots'}. Run: python3 bootstrap.py --with robot; or give"
        " the URDF's path.")
