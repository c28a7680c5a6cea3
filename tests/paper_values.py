"""The paper's configuration, and what it should hold.

Values are written off the paper and docs/method.md, which says why they are what they are; the last
column says whose they are. `ours`: the paper is silent, and nobody's release was followed.
"""

import re
from pathlib import Path

import yaml

from mcnn.config.resolve import load_settings

ROOT = Path(__file__).parents[1]
DEMO, PAPER = "config.yaml", "config/paper.yaml"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

VALUES = """
seeds                              [0]                    ours
shots.min_frames                   20                     paper
shots.min_foreground               0.025                  paper
shots.max_foreground               0.5                    paper
shots.min_confidence               0                      ours
shots.frames_per_sample            10                     paper
shots.longer_side                  500                    ours
network.architecture               deeplab_large_fov      paper
network.width                      1.0                    DeepLab's release
network.weights                    imagenet               ours
network.mean                       [0.485, 0.456, 0.406]  ours
network.std                        [0.229, 0.224, 0.225]  ours
labels.predictor                   soft                   paper
labels.warmup_predictor            same                   ours
labels.image_predictor             network_only           paper
labels.foreground_components       5                      FOS release v1.2
labels.background_components       8                      FOS release v1.2
labels.rounds                      4                      paper
labels.lambda                      50                     GrabCut
labels.gamma                       0.5                    paper
labels.band                        0.02                   ours
labels.minimizer                   grid                   ours
labels.stride                      1                      paper
selection.min_iou                  0.2                    paper
training.initial.iterations        6000                   EM-Adapt's release
training.initial.learning_rate     0.001                  paper
training.initial.step_size         2000                   EM-Adapt's release
training.initial.alpha             1                      paper
training.initial.warmup            0                      ours
training.finetuned.iterations      2000                   ours
training.finetuned.learning_rate   0.0001                 ours
training.finetuned.step_size       1000                   ours
training.finetuned.alpha           2                      paper
training.finetuned.warmup          0                      ours
training.joint.iterations          2000                   ours
training.joint.learning_rate       0.0001                 ours
training.joint.step_size           1000                   ours
training.joint.alpha               2                      paper
training.joint.warmup              0                      ours
training.step_factor               0.1                    paper
training.momentum                  0.9                    paper
training.weight_decay              0.0005                 paper
training.bias_multiplier           2                      DeepLab's release
training.classifier_multiplier     10                     DeepLab's release
training.backbone_multiplier       1                      DeepLab's release
training.backbone_input            crops                  ours
training.crop_size                 321                    EM-Adapt's release
training.mirror                    true                   paper
training.class_weights             auto                   EM-Adapt's release
training.background_weight         1                      ours
training.warmup_background_weight  null                   ours
training.sample_weights            none                   ours
training.iter_size                 1                      ours
training.video_batches             auto                   EM-Adapt's release
training.images_per_batch          10                     ours
training.precision                 float32                ours
training.deterministic             false                  ours
training.micro_batch_size          null                   ours
training.checkpoint_every          200                    ours
training.checkpoint_minutes        5                      ours
evaluation.sets                    [voc_val, voc_val_20]  paper
evaluation.postprocessing          none                   paper
colocalization.targets             [m-cnn/finetuned, m-cnn-imnet/finetuned]  paper
colocalization.frames              all                    paper
colocalization.rule                any_box                ours
colocalization.longer_side         480                    ours
colocalization.window              40                     ours
colocalization.superpixels         1500                   FOS release v1.2
colocalization.foreground_components  5                   FOS release v1.2
colocalization.background_components  8                   FOS release v1.2
colocalization.alpha               1                      ours
colocalization.lambda              10                     ours
colocalization.gamma               0.5                    paper
colocalization.videos_per_job      1                      ours
motion.preset                      default                ours
motion.longer_side                 400                    FOS release v1.2
motion.videos_per_job              1                      ours
motion.window                      120                    ours
motion.overlap                     20                     ours
motion.flow                        dis-fine                    ours
motion.raft_weights                null                   ours
motion.superpixels                 1500                   FOS release v1.2
motion.compactness                 30                     FOS release v1.2
motion.slic_iterations             2                      ours
motion.cues                        saliency               ours
motion.colour_floor                0.6                    ours
motion.compensate_camera           true                   ours
motion.all_derivatives             true                   ours
motion.folded_directions           false                  ours
motion.gradient_quantiles          [0.9, 0.95, 0.98, 0.99, 0.995]  ours
motion.gradient_floor              0.03                   ours
motion.gradient_scale              0.7                    ours
motion.direction_scale             1                      ours
motion.rim                         0.05                   ours
motion.votes                       4                      FOS release v1.2
motion.inside_median               3                      ours
motion.ratio_noise                 0.05                   ours
motion.quality_decay               2                      FOS release v1.2
motion.normaliser                  otsu                   ours
motion.normaliser_frames           61                     ours
motion.location_share              0.55                   ours
motion.location_floor              0.005                   ours
motion.evidence                    0.6                    ours
motion.foreground_components       5                      FOS release v1.2
motion.background_components       8                      FOS release v1.2
motion.appearance_decay            0.0001                 FOS release v1.2
motion.appearance_stride           8                      ours
motion.appearance_init             soft                   ours
motion.location_weight             2                      ours
motion.unary_weight                10                     ours
motion.spatial_weight              3000                   ours
motion.temporal_weight             800                    ours
motion.rounds                      2                      ours
motion.motion_contrast             2                      ours
motion.fall_back                   true                   ours
motion.short_memory                true                   ours
motion.least_strength              0.3                    ours
motion.refine                      true                   ours
"""
ROWS = [re.split(r"  +", line) for line in VALUES.strip().splitlines()]
EXPECTED = {path: yaml.safe_load(value) for path, value, _ in ROWS}
SOURCES = {path: source for path, _, source in ROWS}


def read(*sabotages):
    """The paper's settings on top of the demo's, some texts of the two files replaced."""
    texts = {name: (ROOT / name).read_text() for name in (DEMO, PAPER)}
    for file, old, new in sabotages:
        assert texts[file].count(old) == 1, old
        texts[file] = texts[file].replace(old, new)

    def merged(base, changes):
        both = isinstance(base, dict) and isinstance(changes, dict)
        return base | {k: merged(base.get(k), v) for k, v in changes.items()} if both else changes

    return load_settings(merged(*(yaml.load(text, LOADER) for text in texts.values())))


def flat(section, prefix=""):
    """Values by their paths."""
    found = {}
    for key, value in section.items():
        nested = flat(value, f"{prefix}{key}.") if isinstance(value, dict) else None
        found |= nested if nested is not None else {f"{prefix}{key}": value}
    return found
