import base64
import io

import numpy as np
import pytest
from PIL import Image
from small_report import write_picture

from mcnn.report.embedded import Budget


@pytest.mark.parametrize(
    ("width", "expected"), [(240, (240, 60)), (120, (120, 30)), (999, (240, 60))]
)
def test_a_picture_is_at_most_as_wide_as_wanted(tmp_path, width, expected):
    path = write_picture(tmp_path / "a.png")
    picture = Budget(10**6).embed(path, "what", "below", width)
    assert (picture.width, picture.height) == expected
    kind, _, content = picture.source.partition(",")
    assert kind == "data:image/jpeg;base64"
    image = Image.open(io.BytesIO(base64.b64decode(content)))
    assert image.size == expected
    assert np.abs(np.asarray(image).astype(int) - 90).max() <= 2
    assert (picture.text, picture.caption) == ("what", "below")


def test_pictures_use_up_the_budget(tmp_path):
    budget = Budget(1000)
    picture = budget.embed(write_picture(tmp_path / "a.png"), "", "", 240)
    assert budget.left == 1000 - len(picture.source.partition(",")[2])
