"""The page of dependencies and their licences, made from what is installed."""

from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

PROJECT = "mcnn-segmentation"
OPENING = """\
# Dependencies and licences

Made from the packages that were installed when this page was built: those that an installation of
M-CNN brings along, and which of them it asks for itself. M-CNN is GPL-3.0-or-later because of
PyMaxflow; all licences below are compatible with it. Wheels bring libraries of their own: OpenCV's
has FFmpeg (LGPL-2.1-or-later), PyAV's (`av`) has FFmpeg (LGPL-3.0-or-later) with x264 and x265
(GPL-2.0-or-later), that of torch for GPUs has NVIDIA's, under NVIDIA's terms.

| package | version | licence | asked for by M-CNN |
|---|---|---|---|
"""


def licences_page() -> str:
    """A table of packages as Markdown."""
    direct = {package.name for package in required(PROJECT, frozenset())}
    cells = [
        (each.name, each.version, licence(each), "yes" if each.name in direct else "")
        for each in installed()
    ]
    return OPENING + "".join(f"| {' | '.join(row)} |\n" for row in cells)


def installed() -> list[Distribution]:
    """All packages that an installation brings along, by name."""
    found: dict[str, Distribution] = {}
    left = [(PROJECT, frozenset[str]())]
    seen = set(left)
    while left:
        name, extras = left.pop()
        for package in required(name, extras):
            found[package.name.lower()] = package
        for requirement in requirements(name, extras):
            step = (requirement.name, frozenset(requirement.extras))
            if step not in seen:
                seen.add(step)
                left.append(step)
    return [found[name] for name in sorted(found)]


def requirements(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """What a package asks for on this machine."""
    try:
        texts = distribution(name).requires or []
    except PackageNotFoundError:  # Of another platform.
        return
    for requirement in map(Requirement, texts):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield requirement


def required(name: str, extras: frozenset[str]) -> Iterator[Distribution]:
    """Those of them that are installed."""
    for requirement in requirements(name, extras):
        try:
            yield distribution(requirement.name)
        except PackageNotFoundError:
            continue


def licence(package: Distribution) -> str:
    """Licence that a package declares; else the first line of its licence file."""
    metadata = package.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classifiers = [line.split(" :: ") for line in metadata.get_all("Classifier", [])]
    names = [parts[-1] for parts in classifiers if parts[0] == "License" and len(parts) > 2]
    if names or "License" in metadata:
        return "; ".join(names) or metadata["License"].splitlines()[0]
    files = [file for file in package.files or [] if file.name.upper().startswith("LICEN")]
    return files[0].read_text().strip().splitlines()[0] if files else "not declared"
