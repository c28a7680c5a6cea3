import pytest

import mcnn.provenance as provenance
from mcnn.provenance import code_fingerprint, reached_modules


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package `mcnn` with modules a -> b, and c that nothing imports."""
    root = tmp_path / "mcnn"
    (root / "sub").mkdir(parents=True)
    (root / "__init__.py").write_text("")
    (root / "sub" / "__init__.py").write_text("")
    (root / "a.py").write_text("def f():\n    from mcnn.sub import b\n    return b.g()\n")
    (root / "sub" / "b.py").write_text('"""B."""\nfrom ..d import h\n\ndef g():\n    return h()\n')
    (root / "c.py").write_text("x = 1\n")
    (root / "d.py").write_text(
        "from mcnn import errors\n\ndef h():\n"
        "    if 'no':\n        raise errors.DataError(path, f'it {was} broken', 'copy it')\n"
        "    return Field(1, description='one')\n"
    )
    (root / "errors.py").write_text("class DataError(Exception):\n    text = 'Remedy'\n")
    (root / "logs.py").write_text("x = 1\n")
    (tmp_path / "script.py").write_text("import os\nfrom mcnn.a import f\n\nf()\n")
    monkeypatch.setattr(provenance, "PACKAGE", root)
    return root


def fingerprint(package):
    provenance._tree.cache_clear()
    provenance._imports.cache_clear()
    return code_fingerprint(package.parent / "script.py")


def test_imports_are_followed_wherever_they_stand(package):
    expected = ["mcnn.a", "mcnn.d", "mcnn.sub", "mcnn.sub.b"]
    assert reached_modules(package.parent / "script.py") == expected


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("a.py", "b.g()", "b.g() + 1", True),
        ("sub/b.py", "h()", "-h()", True),
        ("d.py", "(1,", "(2,", True),
        ("../script.py", "f()\n", "f()\nf()\n", True),
        ("sub/__init__.py", "", "x = 1", True),
        ("c.py", "1", "2", False),
        ("d.py", "'one'", "'uno'", False),
        ("d.py", "'it {was} broken'", "'{it} has gone'", False),
        ("d.py", "'copy it'", "'copy it again'", False),
        ("d.py", "DataError(path", "DataError(other", True),
        ("d.py", "if 'no'", "if 'yes'", True),
        ("errors.py", "Remedy", "What helps", False),
        ("sub/b.py", '"""B."""', '"""Another text."""', False),
        ("a.py", "return", "# Because.\n    return", False),
    ],
)
def test_the_fingerprint_changes_with_reached_code_only(package, file, old, new, changes):
    before = fingerprint(package)
    path = package / file
    text = path.read_text()
    path.write_text(text.replace(old, new, 1) if old else new)
    assert (fingerprint(package) != before) == changes
