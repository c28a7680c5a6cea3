"""Frames in which something moves, and where."""

import numpy as np

HEIGHT, WIDTH = 120, 160


def background(seed=0, height=HEIGHT + 40, width=WIDTH + 200):
    rng = np.random.default_rng(seed)
    image = np.zeros((height, width, 3))
    for size in (4, 10, 25):
        noise = rng.normal(0, 28, (height // size + 2, width // size + 2, 3))
        image += np.kron(noise, np.ones((size, size, 1)))[:height, :width]
    return image + np.array([60, 110, 70])


def moving_disc(count, pan=0, speed=3, size=(HEIGHT, WIDTH), radius=20, ground=None):
    """Frames of a textured red disc over a ground that the camera pans along, and the masks."""
    ground = background() if ground is None else ground
    rng = np.random.default_rng(1)
    skin = np.kron(rng.normal(0, 15, (30, 30, 3)), np.ones((4, 4, 1))) + np.array([200, 60, 50])
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    frames, masks = [], []
    for t in range(count):
        frame = ground[10 : 10 + size[0], pan * t : pan * t + size[1]].copy()
        cy, cx = size[0] // 2, 40 + speed * t % (size[1] - 80)
        mask = (y - cy) ** 2 + (x - cx) ** 2 < radius**2
        frame[mask] = skin[(y - cy + 60)[mask], (x - cx + 60)[mask]]
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
        masks.append(mask)
    return frames, masks
