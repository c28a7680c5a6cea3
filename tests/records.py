"""Records of trainings, as a finished one leaves them."""

from mcnn.artefacts.run import Run, write_run

SETTINGS = {
    "dataset": None,
    "images": None,
    "start": None,
    "stage": {"iterations": 6},
    "network": {"architecture": "shallow"},
}


def run(seen_shots=(), seen_images=(), seconds=0.0, **settings):
    """A record; `settings` are those that differ from `SETTINGS`."""
    return Run(
        code="",
        settings={**SETTINGS, **settings},
        seed=0,
        device="cpu",
        threads=1,
        samples_sha256=None,
        shots=tuple(seen_shots),
        images=tuple(seen_images),
        images_sha256=None,
        start_sha256=None,
        versions={},
        seconds=seconds,
    )


def write(path, **facts):
    write_run(run(**facts), path)
    return path
