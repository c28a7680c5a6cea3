"""List a set of images with their tags and masks."""

from pydantic import TypeAdapter

from mcnn.artefacts.images import write_images
from mcnn.artefacts.skipped import write_skipped
from mcnn.config.images import ImageSet
from mcnn.datasets.images import read_image_set
from mcnn.logs import logged

with logged(snakemake.log[0]):
    images, skipped = read_image_set(
        TypeAdapter(ImageSet).validate_python(snakemake.params.images),
        snakemake.params.classes,
        snakemake.config["on_error"],
    )
    write_skipped(skipped, snakemake.output.skipped)
    write_images(images, snakemake.output.images)
