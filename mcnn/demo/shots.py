"""What happens in a shot: its scene, its camera, and the paths of the object and the distractor."""

from dataclasses import dataclass, replace

import numpy as np

from mcnn.demo.appearance import Instance, draw_instance
from mcnn.demo.effects import footing
from mcnn.demo.geometry import Array
from mcnn.demo.plan import DEMO_CLASSES, ShotPlan, stream
from mcnn.demo.raster import GROUND, Pose
from mcnn.demo.scenes import SCENES_OF, Camera, Scene, draw_scene

DISTRACTORS = ("person", "ball", "box")
"""What else moves, the same in the videos of all classes."""

SIZES: dict[str, tuple[float, float]] = {
    "aeroplane": (0.5, 0.82),
    "boat": (0.42, 0.72),
    "car": (0.45, 0.85),
    "cat": (0.42, 0.72),
    "horse": (0.4, 0.66),
    "person": (0.38, 0.6),
    "ball": (0.3, 0.5),
    "box": (0.3, 0.5),
    "bottle": (0.3, 0.5),
}
"""Range of the sizes, pixels per unit as a share of the frame's width."""

_ABOVE = {
    "boat": 0.6, "car": 0.24, "cat": 0.52, "horse": 0.54, "person": 0.48, "ball": 0.3, "box": 0.35,
    "bottle": 0.5,
}  # fmt: skip

_SIMILAR = 42.0
"""Distance of RGB means below which object and ground are alike."""


@dataclass(frozen=True)
class Actor:
    """An individual, its poses over the frames and its speed against the scene."""

    instance: Instance
    poses: tuple[Pose, ...]
    speed: float


@dataclass(frozen=True)
class Look:
    """How the camera renders light: gain, colour cast (3,), blur in pixels, noise (0 to 255)."""

    gain: float
    cast: tuple[float, float, float]
    blur: float
    noise: float


@dataclass(frozen=True)
class Shot:
    """A shot, ready to be rendered: the actors are the "target", the "distractor" or both, from
    far to near."""

    scene: Scene
    cameras: tuple[Camera, ...]
    actors: dict[str, Actor]
    look: Look


def main_colour(instance: Instance) -> Array:
    """Mean colour (3,) of most of an individual."""
    for material in ("coat", "paint", "shirt"):
        if material in instance.colours:
            first, second = np.asarray(instance.colours[material]), np.asarray(instance.second)
            return first + float(instance.pattern.mean()) * (second - first)
    raise KeyError(instance.kind)


def fitting_scene(
    rng: np.random.Generator, instance: Instance, kind: str, height: int, width: int
) -> Scene:
    """Draw a scene whose ground mostly differs in colour from the object: in one of six cases
    any scene will do, else up to four are tried."""
    any_will_do = rng.random() < 1 / 6
    for _ in range(4):
        scene = draw_scene(rng, kind, height, width)
        distance = np.linalg.norm(main_colour(instance) - np.asarray(scene.tone))
        if any_will_do or distance > _SIMILAR:
            break
    return scene


def draw_look(rng: np.random.Generator) -> Look:
    """Draw the rendering of light."""
    r, g, b = 1 + rng.normal(0, 0.035, 3)
    return Look(
        float(rng.uniform(0.82, 1.15)), (float(r), float(g), float(b)),
        float(rng.choice([0.0, 0.45, 0.7])), float(rng.uniform(1.0, 4.0)),
    )  # fmt: skip


def contact_row(rng: np.random.Generator, scene: Scene) -> float:
    """Draw the row, as a share of the height, at which something stands on the ground."""
    low = max(scene.horizon + 0.14, 0.62)
    return float(rng.uniform(low, max(low + 0.05, 0.92)))


def draw_shot(seed: int, plan: ShotPlan, kind: str, height: int, width: int) -> Shot:
    """Draw what happens in a shot.

    Parameters
    ----------
    seed
        Seed of the world.
    plan
        The planned shot; a duplicate is drawn from the stream of the shot it repeats and then
        cropped and lit otherwise.
    kind
        Kind of the shot it repeats, or its own.
    height, width
        Size of the frames.
    """
    c = DEMO_CLASSES.index(plan.tag)
    rng = stream(seed, 3, c, plan.original)
    instance = draw_instance(stream(seed, 2, c, plan.video), plan.tag)
    pose = float(rng.random())
    # Nothing walks sitting, and what stands keeps its legs together.
    manner = {"pose": pose, "stride": -0.5} if kind == "static" else {"pose": 0.0}
    instance = replace(instance, variant={**instance.variant, **manner})
    n = plan.last - plan.first + 1
    own = stream(seed, 4, c, plan.number)

    place = _scene_type(stream(seed, 5, c, plan.video), plan.tag)
    if rng.random() < 0.35:  # not where the video mostly plays
        place = _scene_type(rng, plan.tag)
    while place == "sky" and kind in ("absent", "both"):  # distractors do not fly
        place = _scene_type(rng, plan.tag)
    scene = fitting_scene(rng, instance, place, height, width)
    cameras = _camera(rng, kind, n, width)
    look = draw_look(rng)
    actors: dict[str, Actor] = {}
    if kind != "absent":
        still, loose = kind == "static", kind in ("static", "shake")
        actors["target"] = _actor(rng, instance, scene, cameras, still=still, loose=loose)
    if kind in ("absent", "both") or (kind == "static" and rng.random() < 0.15):
        stranger = draw_instance(rng, DISTRACTORS[rng.integers(len(DISTRACTORS))])
        actors["distractor"] = _actor(rng, stranger, scene, cameras)
    if plan.kind == "duplicate":
        zoom = float(own.uniform(1.03, 1.15))
        shift = own.uniform(-0.06, 0.06, 2) * width
        cameras = tuple(Camera(c.x + shift[0], c.y + shift[1] / 2, c.zoom * zoom) for c in cameras)
        actors = {k: _recrop(actor, shift, zoom, height, width) for k, actor in actors.items()}
        look = Look(look.gain * float(own.uniform(0.88, 1.12)), look.cast, look.blur, look.noise)
    actors = dict(sorted(actors.items(), key=lambda item: _foot(item[1].poses[0], item[1])))
    return Shot(scene, cameras, actors, look)


def _scene_type(rng: np.random.Generator, tag: str) -> str:
    return str(rng.choice(list(SCENES_OF[tag]), p=list(SCENES_OF[tag].values())))


def _foot(pose: Pose, actor: Actor) -> float:
    return pose.y + GROUND.get(actor.instance.kind, 0.0) * pose.size


def fitting_size(kind: str, size: float, contact: float) -> float:
    """Size (pixels per unit) at which what stands at row `contact` has its head in the picture."""
    return min(size, contact / (_ABOVE[kind] + GROUND[kind]))


def _camera(rng: np.random.Generator, kind: str, n: int, width: int) -> tuple[Camera, ...]:
    t = np.linspace(-0.5, 0.5, n)
    per_frame = n / 30
    pan = rng.choice([0.0, 1.0]) if kind != "static" else rng.choice([0.0, 1.0, 1.0])
    x = rng.uniform(-0.25, 0.25) * width + pan * rng.uniform(-0.35, 0.35) * width * per_frame * t
    y = rng.uniform(-0.02, 0.02) * width + 0.02 * width * rng.uniform(-1, 1) * t
    zoom = 1.0 + rng.uniform(-0.06, 0.1) + rng.uniform(-0.1, 0.1) * t * per_frame
    if kind == "shake":
        x = x + np.cumsum(rng.normal(0, 0.014, n)) * width + rng.normal(0, 0.012, n) * width
        y = y + rng.normal(0, 0.014, n) * width
    else:  # a hand holds it
        x = x + 0.004 * width * np.sin(0.4 * np.arange(n) + rng.uniform(0, 6))
    return tuple(Camera(float(a), float(b), float(c)) for a, b, c in zip(x, y, zoom, strict=True))


def _actor(
    rng: np.random.Generator,
    instance: Instance,
    scene: Scene,
    cameras: tuple[Camera, ...],
    *,
    still: bool = False,
    loose: bool = False,
) -> Actor:
    # `loose`: it moves in the frame as the camera does the other way.
    n, height, width = len(cameras), scene.height, scene.width
    size = rng.uniform(*SIZES[instance.kind]) * width
    t = np.linspace(-0.5, 0.5, n)
    way = 0.0 if still else rng.choice([-1.0, 1.0]) * rng.uniform(0.25, 0.65) * width * n / 30
    mirrored = way < 0 if way else bool(rng.random() < 0.5)
    # In the frame: where it is in the middle of the shot, and how the camera follows it.
    follow = rng.uniform(0.2, 0.9)
    pan_x, pan_y = np.array([(camera.x, camera.y) for camera in cameras]).T
    share = 1.0 if loose else rng.uniform(0, 0.3)
    x = rng.uniform(0.42, 0.58) * width + way * (1 - follow) * t - share * (pan_x - pan_x.mean())
    zoom = np.array([camera.zoom for camera in cameras])
    growth = zoom * (1 + (0 if still else rng.uniform(-0.2, 0.2)) * t)
    if instance.kind in GROUND:
        contact = contact_row(rng, scene) * height
        size = fitting_size(instance.kind, size, contact)
        bob = 0.006 if instance.kind != "boat" else 0.015
        y = contact - footing(instance.kind, scene.kind) * size * growth
        y = y + bob * size * np.sin(0.35 * np.arange(n) + rng.uniform(0, 6))
        tilt = 0.04 if instance.kind == "boat" else 0.01
        angle = tilt * np.sin(0.25 * np.arange(n) + rng.uniform(0, 6))
    else:
        climb = rng.uniform(-0.18, 0.18)
        y = rng.uniform(0.36, 0.56) * height - climb * abs(way) * (1 - follow) * t
        angle = np.full(n, climb * (-1 if not mirrored else 1))
    y = y - share * (pan_y - pan_y.mean())
    tempo = rng.uniform(0.35, 0.6) if not still else rng.uniform(0.05, 0.15)
    phase = rng.uniform(0, 6) + tempo * np.arange(n)
    poses = tuple(
        Pose(float(a), float(b), float(s), float(g), mirrored, float(p))
        for a, b, s, g, p in zip(x, y, size * growth, angle, phase, strict=True)
    )
    return Actor(instance, poses, float(way / n))


def _recrop(actor: Actor, shift: Array, zoom: float, height: int, width: int) -> Actor:
    poses = tuple(
        Pose(
            (p.x - width / 2 - shift[0]) * zoom + width / 2,
            (p.y - height / 2 - shift[1] / 2) * zoom + height / 2,
            p.size * zoom, p.angle, p.mirrored, p.phase,
        )
        for p in actor.poses
    )  # fmt: skip
    return Actor(actor.instance, poses, actor.speed)
