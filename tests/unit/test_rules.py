import re
from pathlib import Path

RULES = Path(__file__).parents[2] / "rules"


def blocks():
    """Text of each rule that is no variant of another."""
    for path in RULES.glob("*.smk"):
        for block in re.split(r"^(?=rule |checkpoint )", path.read_text(), flags=re.MULTILINE)[1:]:
            yield block.split()[1].rstrip(":"), block


def test_every_rule_says_what_it_works_on():
    found = {}
    for name, block in blocks():
        message = re.search(r"^    message:\n((?:        .*\n)+)", block, re.MULTILINE)
        found[name] = message[1] if message else ""
    assert len(found) > 20
    assert [name for name, message in found.items() if not message] == []
    for name in ("train_initial", "evaluate", "localize", "export_voc_test"):
        for wildcard in ("experiment", "stage", "seed"):
            assert f"{{wildcards.{wildcard}}}" in found[name]
    assert "{wildcards.video}" in found["segment_motion"]


def test_trainings_and_what_they_wait_for_start_before_what_nothing_waits_for():
    first = {name for name, block in blocks() if re.search(r"^    priority:", block, re.MULTILINE)}
    assert first == {"train_initial", "select_shots"}  # Variants of the former train all stages.
