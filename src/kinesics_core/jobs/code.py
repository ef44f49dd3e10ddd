"""The meaning of source code as a short digest: finished work is kept until the code changes.

Comments, docstrings and layout do not count, so that a sentence made clearer voids no result.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from types import ModuleType


def code_digest(*modules: ModuleType) -> str:
    """Return 8 hexadecimal digits that change when the code of a module changes.

    Args:
        *modules: In any order. Code that they import counts only if it is given too.
    """
    trees = sorted(meaning_of(inspect.getsource(module)) for module in modules)
    return hashlib.sha256("\n".join(trees).encode()).hexdigest()[:8]


def meaning_of(source: str) -> str:
    """Return the syntax tree of a source text as text, without what does not run."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                setattr(node, field, [one for one in statements if not _is_text(one)])
    return ast.dump(tree)


def _is_text(statement: ast.AST) -> bool:
    """Tell whether a statement is a string alone, such as a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) \
        and isinstance(statement.value.value, str)
