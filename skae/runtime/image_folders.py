"""Folders of images and labels in IDX files, by the names that MNIST and its family use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_NAME = re.compile(r"(.*?)(train|t10k|test10k|test)-(images|labels)[-.]idx\d-(?:ubyte|int)(\.gz)?")

# Names of the test rows, the first that is there being taken: QMNIST also has the 10,000 of MNIST alone.
_TEST = ("t10k", "test", "test10k")


class Images(NamedTuple):
    """The paths of one set of images with labels."""

    images: Path
    labels: Path


class ImageSet(NamedTuple):
    """A data set of a folder.

    Attributes
    ----------
    prefix : str
        What the names of its files begin with.
    parts : dict of str to Images
        "train" and "test", as far as there are both images and labels.
    """

    prefix: str
    parts: dict


def folder_and_prefix(path):
    """The folder and the prefix that a path means: a folder, or one with the beginning of the names of its files.

    A folder with several data sets means the one whose names begin with nothing else.
    """
    path = Path(path)
    if not path.is_dir() and path.parent.is_dir():
        return path.parent, path.name
    return path, "" if "" in [one.prefix for one in image_sets(path)] else None


def image_sets(folder):
    """The data sets of a folder, or of its subfolder ``raw`` if it has none itself.

    Returns
    -------
    list of ImageSet
        Empty where the folder does not exist.
    """
    for place in (Path(folder), Path(folder) / "raw"):
        found = _found(place)
        if found:
            return found
    return []


def _found(folder):
    paths = {}
    # Unpacked files are found last, and taken where there are both.
    for path in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match and path.is_file():
            prefix, part, kind, _ = match.groups()
            paths.setdefault(prefix, {})[part, kind] = path
    sets = []
    for prefix, files in sorted(paths.items()):
        names = {"train": "train", "test": next((name for name in _TEST if (name, "images") in files), "test")}
        parts = {
            part: Images(files[name, "images"], files[name, "labels"])
            for part, name in names.items()
            if {(name, "images"), (name, "labels")} <= files.keys()
        }
        if parts:
            sets.append(ImageSet(prefix, parts))
    return sets
