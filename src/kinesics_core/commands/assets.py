"""``kinesics assets list | get [NAME...] | verify [NAME...]``."""

from __future__ import annotations

import argparse

from kinesics_core.assets import store
from kinesics_core.commands import tables
from kinesics_core.errors import AssetError

HELP = "list, fetch or verify model and footage files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what there is, its licence, and what is here")
    listing.add_argument("--all", action="store_true", help="the parts of bundles too")
    get = actions.add_parser("get", help="fetch the named assets, or all")
    get.add_argument("names", nargs="*", metavar="NAME")
    verify = actions.add_parser("verify", help="hash the named assets, or all that are here")
    verify.add_argument("names", nargs="*", metavar="NAME")


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        return _list(args.all)
    if args.action == "get":
        for name in args.names or _names(parts=False):
            print(store.path(name))
        return 0
    return _verify(args.names)


def _names(*, parts: bool) -> list[str]:
    return [name for name, asset in store.catalogue().items() if parts or not asset.part]


def _list(parts: bool) -> int:
    from rich.table import Table

    print(f"Assets in {store.cache_dir()}:")
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "here", "MB"):
        table.add_column(heading, no_wrap=True, justify="right" if heading == "MB" else "left")
    for heading in ("licence", "what it is"):
        table.add_column(heading)
    for name in _names(parts=parts):
        asset = store.asset(name)
        file = store.cache_dir() / asset.file
        here = store.state(name, rehash=False)
        size = "" if here == "missing" else f"{file.stat().st_size / 1e6:.1f}"
        table.add_row(f"{name} {asset.version}", here, size, asset.licence, asset.about)
    tables.show(table)
    return 0


def _verify(names: list[str]) -> int:
    """Hash files; a wrong one, or a named one that is missing, is an error."""
    wrong = []
    for name in names or _names(parts=True):
        state = store.state(name)
        if state == "missing" and not names:
            continue
        print(f"{state:8}{store.cache_dir() / store.asset(name).file}")
        if state != "ok":
            wrong.append(name)
    if wrong:
        raise AssetError(
            f"{len(wrong)} asset(s) are missing or not what the manifest names: "
            f"{', '.join(wrong)}; `kinesics assets get {' '.join(wrong)}` fetches them again."
        )
    return 0
