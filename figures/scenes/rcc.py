"""Read one file out of a Qt resource file (`.rcc`), in which gcompris keeps its photographs.

The layout is that of Qt's `rcc` tool. The header names the offsets of three tables: a tree of
entries of fixed size, the contents, and the names in UTF-16. All numbers are big endian.
"""

import struct
import zlib
from dataclasses import dataclass

COMPRESSED, FOLDER, ZSTANDARD = 1, 2, 4  # flags of an entry
ENTRY_SIZES = {1: 14, 2: 22, 3: 22}  # bytes, by version of the format


@dataclass(frozen=True)
class Entry:
    """A file or folder: its flags and, of a folder, how many children it has and the first."""

    name: str
    flags: int
    children: range
    content: int  # offset of a file's content


def read_resource(resources: bytes, path: str) -> bytes:
    """The content of the file `path`, such as "gcompris/src/activities/README"."""
    if resources[:4] != b"qres":
        raise ValueError("This is not a Qt resource file: it does not begin with 'qres'.")
    version, tree, contents, names = struct.unpack(">4I", resources[4:20])

    def entry(index: int) -> Entry:
        at = tree + index * ENTRY_SIZES[version]
        name_at, flags = struct.unpack(">IH", resources[at : at + 6])
        count, first = struct.unpack(">II", resources[at + 6 : at + 14])
        length = struct.unpack(">H", resources[names + name_at : names + name_at + 2])[0]
        letters = resources[names + name_at + 6 : names + name_at + 6 + 2 * length]
        children = range(first, first + count) if flags & FOLDER else range(0)
        # A file keeps its country and language where a folder keeps the number of its children.
        return Entry(letters.decode("utf-16-be"), flags, children, contents + first)

    found = entry(0)
    for part in path.split("/"):
        inside = [child for child in map(entry, found.children) if child.name == part]
        if not inside:
            raise FileNotFoundError(f"The resource file holds no {path}: {part!r} is missing.")
        found = inside[0]
    length = struct.unpack(">I", resources[found.content : found.content + 4])[0]
    content = resources[found.content + 4 : found.content + 4 + length]
    if found.flags & ZSTANDARD:
        raise ValueError(f"{path} is compressed with Zstandard, which this reader does not know.")
    return zlib.decompress(content[4:]) if found.flags & COMPRESSED else content
