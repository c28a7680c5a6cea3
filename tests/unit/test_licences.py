import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))
from licences import installed, licence, licences_page

# Permissive, weak copyleft with a bridge to the GPL, and the GPL itself.
COMPATIBLE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|GPL|General Public|Zlib|CC0"
    r"|BSL|Public Domain|FreeBSD|Unlicense"
)
PACKAGES = installed()


def test_all_that_an_installation_brings_is_listed():
    names = {package.name.lower().replace("_", "-") for package in PACKAGES}
    # Asked for; asked for by those; nothing that only tests need.
    assert {"pymaxflow", "torch", "snakemake", "pulp", "llvmlite"} <= names
    assert not {"pytest", "ruff", "mcnn-segmentation"} & names


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_the_licence_goes_with_the_gpl(package):
    terms = re.split(r" AND | OR |; ", licence(package))
    assert all(COMPATIBLE.search(term) for term in terms), terms
    assert "Affero" not in licence(package)


def test_the_page_says_what_is_asked_for():
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in licences_page().splitlines()}
    assert "GPL" in rows["PyMaxflow"]
    assert rows["PyMaxflow"].endswith("yes |")
    assert rows["llvmlite"].endswith("|  |")
