"""Seconds of `mcnn predict`'s function beside a loop of single predictions, on the same images.

Both read image files and write palette PNGs of labels. Prints a JSON line for each, the fastest of
several rounds, in turn.

    python benchmarks/prediction.py MODEL IMAGES [--images 100] [--threads 2] [--rounds 3]
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch

from mcnn.datasets.files import list_images
from mcnn.files import read_bytes
from mcnn.imaging.decode import decode_image
from mcnn.imaging.palette import encode_labels
from mcnn.prediction.model import LONGER_SIDE, SegmentationModel, load
from mcnn.prediction.to_folder import predict_to_folder


def one_by_one(model: SegmentationModel, paths: list[Path], out: Path) -> None:
    """What a user writes without `mcnn predict`."""
    out.mkdir()
    for path in paths:
        labels = model.predict(decode_image(read_bytes(path), path))
        (out / f"{path.stem}.png").write_bytes(encode_labels(labels))


def main() -> None:
    """Run both in turn and print the fastest round of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    paths = [given.folder / name for name in list_images(given.folder)[: given.images]]
    model = load(given.model, "cpu")
    torch.set_num_threads(given.threads)
    seconds: dict[str, list[float]] = {"one by one": [], "to folder": []}
    with tempfile.TemporaryDirectory() as name:
        for k in range(given.rounds):
            for what, times in seconds.items():
                out = Path(name) / f"{what} {k}"
                begun = time.perf_counter()
                if what == "one by one":
                    one_by_one(model, paths, out)
                else:
                    predict_to_folder(
                        paths, model, out, longer_side=LONGER_SIDE, threads=given.threads
                    )
                times.append(time.perf_counter() - begun)
    for what, times in seconds.items():
        row = {"images": len(paths), "threads": given.threads, "seconds": round(min(times), 2)}
        print(json.dumps({"benchmark": "prediction", "what": what, **row}))


if __name__ == "__main__":
    main()
