"""Write the checked configuration, defaults included, beside the results."""

from pathlib import Path

import yaml

from mcnn.files import write_text
from mcnn.logs import logged

with logged(snakemake.log[0]):
    text = yaml.safe_dump(snakemake.config, sort_keys=False)
    write_text(Path(snakemake.output.config), text)
