"""Pages of the site that are made when it is built: settings, licences, files of the top folder."""

import json
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from mcnn.config.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from licences import licences_page

ROOT = Path(__file__).parents[1]
OPENING = """\
# Settings

Made from the models of `mcnn/config/`, as `config/config.schema.json` is. A setting that is not
given has the default; `config.yaml` gives the demo's values. `<name>` is a name of your own.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file of `docs/` holds."""
    pages = {
        "settings.md": settings_page(),
        "licences.md": licences_page(),
        "extending.md": _of_top_folder("CONTRIBUTING.md"),
        "security.md": _of_top_folder("SECURITY.md"),
    }
    for name, content in pages.items():
        files.append(File.generated(config, name, content=content))
    return files


def _of_top_folder(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")


def settings_page() -> str:
    """All settings as Markdown: a table for those at the top, then one for each section."""
    schema = Settings.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    tables = {"At the top": []}
    for name, field in schema["properties"].items():
        rows = list(_rows(name, field, definitions))
        here = "At the top" if rows[0][0] == name else name
        tables.setdefault(here, []).extend(rows)
    return "\n".join([OPENING, *(_table(title, rows) for title, rows in tables.items())])


def _rows(path: str, field: dict, definitions: dict, above: tuple[str, ...] = ()):
    """Path and schema of each setting of a field, those of the sections in it included."""
    sections = [name for name in _references(field) if "properties" in definitions[name]]
    entries = field.get("additionalProperties")
    if isinstance(entries, dict) and _references(entries):
        yield from _rows(f"{path}.<name>", entries, definitions, above)
    elif not sections or set(sections) & set(above):
        yield path, field
    else:
        for name in sections:
            for key, inner in definitions[name]["properties"].items():
                yield from _rows(f"{path}.{key}", inner, definitions, (*above, name))


def _references(field: dict) -> list[str]:
    """Names of the definitions that a field is, or may be."""
    options = [field, *field.get("anyOf", []), *field.get("oneOf", []), *field.get("allOf", [])]
    return [option["$ref"].split("/")[-1] for option in options if "$ref" in option]


def _type(field: dict) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(_type(option) for option in options))
    if "$ref" in field:
        return field["$ref"].split("/")[-1]
    kind = field.get("type", "any")
    return f"list of {_type(field['items'])}" if "items" in field else str(kind)


def _table(title: str, rows: list[tuple[str, dict]]) -> str:
    lines = [f"## {title}", "", "| setting | type | default | what |", "|---|---|---|---|"]
    for path, field in dict(rows).items():
        default = f"`{json.dumps(field['default'])}`" if "default" in field else ""
        text = field.get("description", "").replace("|", "\\|").replace("<", "&lt;")
        lines.append(f"| `{path}` | {_type(field)} | {default} | {text} |")
    return "\n".join([*lines, ""])
