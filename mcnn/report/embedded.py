"""Pictures inside a page."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

QUALITY = 78


@dataclass(frozen=True)
class Picture:
    """A picture of the page.

    Attributes
    ----------
    source
        A data URL.
    text
        What it shows, for those who do not see it.
    caption
        Below it.
    width, height
        In pixels.
    """

    source: str
    text: str
    caption: str
    width: int
    height: int


@dataclass
class Budget:
    """Bytes that pictures may take, so that a page stays one that can be sent.

    Attributes
    ----------
    left
        Bytes; below 0 after a picture for which there was too little room.
    """

    left: int

    def embed(self, path: Path, text: str, caption: str, width: int) -> Picture:
        """A picture, reduced to a width in pixels if it is wider."""
        with Image.open(path) as opened:
            image = opened.convert("RGB")
            if image.width > width:
                image = image.resize((width, max(1, round(image.height * width / image.width))))
            file = io.BytesIO()
            image.save(file, "JPEG", quality=QUALITY, optimize=True)
            encoded = base64.b64encode(file.getvalue()).decode()
            self.left -= len(encoded)
            return Picture(
                f"data:image/jpeg;base64,{encoded}", text, caption, image.width, image.height
            )
