# From wildcards to the files and the code that a rule depends on; the graph of experiments
# (mcnn/experiments) says what needs what. `local` are files that a run does not make: with a
# storage provider, all others lie there.

import re
from functools import lru_cache
from os.path import relpath

from mcnn.artefacts.shots import (
    VideoGroups,
    digest_of_shots,
    read_shots,
    videos_of,
)
from mcnn.experiments import shown
from mcnn.experiments.own_videos import own_videos
from mcnn.experiments.paths import pretrained_weights
from mcnn.provenance import code_fingerprint
from mcnn.report.templates import template_files
from mcnn.report.paper import published_csv


def code(script):
    """Fingerprint of the code behind a rule: an edit of it reruns the rule."""
    return code_fingerprint(Path(workflow.source_path(f"../workflow_scripts/{script}")))


def growing(first):
    """A resource of which each further attempt of a job asks for as much again."""
    return lambda wildcards, attempt: first * attempt


def one_of(names):
    """Regular expression of a wildcard that is one of the names."""
    return "|".join(map(re.escape, names)) or "(?!)"


def rendered(wildcards):
    """The rendered world, where the run renders one."""
    return rules.render_demo.output.world if settings.demo.enabled else []


def videos_of_folder(wildcards):
    """Path and tags of each of one's own videos; none of datasets in other layouts."""
    return own_videos(settings.datasets[wildcards.dataset], settings.classes)


def tags_of_folder(wildcards):
    """Tags of each of one's own videos, which the folders and videos.csv give."""
    return {name: tags for name, (_, tags) in videos_of_folder(wildcards).items()}


def own_video(wildcards):
    """File or folder of a video, if it is one of one's own."""
    videos = videos_of_folder(wildcards)
    if wildcards.video not in videos:
        return []
    return local(str(videos[wildcards.video][0]))


def splits_of_dataset(wildcards):
    """Shots of each of one's own videos."""
    return expand(paths.split, video=videos_of_folder(wildcards), allow_missing=True)


@lru_cache
def read_once(path, changed):
    """Shots of each video of a manifest, for all jobs that ask, until it changes."""
    return videos_of(read_shots(path))


@lru_cache
def groups_once(path, changed, videos_per_job):
    """The groups of videos that jobs work on."""
    return VideoGroups(read_once(path, changed), videos_per_job)


def manifest(dataset):
    """The manifest of a dataset, and when it changed."""
    path = checkpoints.manifest.get(dataset=dataset).output.shots
    return path, Path(path).stat().st_mtime_ns


def groups_of_motion(dataset):
    """The groups of videos whose motion is segmented or read together."""
    return groups_once(*manifest(dataset), settings.motion.videos_per_job)


def groups_of_localization(dataset):
    """The groups of videos that are localized together."""
    return groups_once(*manifest(dataset), settings.colocalization.videos_per_job)


def shots_of_motion(wildcards):
    """Digest of what the manifest says of the videos of a job of motion."""
    groups = groups_of_motion(wildcards.dataset)
    return digest_of_shots(groups.shots_from(wildcards.video))


def own_videos_of_motion(wildcards):
    """Files and folders of those videos of a job of motion that are one's own."""
    return own_videos_of(wildcards, groups_of_motion)


def masks_of_dataset(wildcards):
    """Motion masks of all videos in the manifest."""
    jobs = groups_of_motion(wildcards.dataset).firsts()
    return expand(paths.motion, dataset=wildcards.dataset, video=jobs)


def inputs(wildcards):
    """What a training is trained on and starts from."""
    return graph.inputs(wildcards.experiment, wildcards.stage)


def samples(wildcards):
    """Samples of the dataset of a training, if it has one."""
    dataset = inputs(wildcards).dataset
    return paths.samples.format(dataset=dataset) if dataset else []


def tagged_images(wildcards):
    """Tagged images of a training, if it has any."""
    images = inputs(wildcards).images
    return paths.images.format(images=images) if images else []


def chain_of(wildcards):
    """A training and those before it."""
    return graph.chain(wildcards.experiment, wildcards.stage)


def models_of_chain(wildcards):
    """Models of a training and of those before it, of one seed."""
    return files_of(
        paths.model, [(*step, wildcards.seed) for step in chain_of(wildcards)]
    )


def start(wildcards):
    """Model of the step before, that a training starts from."""
    experiment, stage = inputs(wildcards).start
    return files_of(paths.model, [(experiment, stage, wildcards.seed)])[0]


def selected(wildcards):
    """Shots selected by the initial model that a training goes back to."""
    step = inputs(wildcards)
    return paths.selected.format(
        dataset=step.dataset, experiment=step.selected_by, seed=wildcards.seed
    )


def pretrained(wildcards):
    """Weights that a training without a step before starts from, if not at random."""
    step = inputs(wildcards)
    if step.weights == "imagenet":
        return pretrained_weights(step.architecture)
    return [] if step.weights == "none" else local(step.weights)


def forget_finished():
    """Remove the checkpoints of trainings that are done; a killed run may need them."""
    for training, seeds in graph.needed().items():
        for seed in seeds:
            if paths.of_training(paths.model, *training, seed).exists():
                state = paths.of_training(paths.checkpoint, *training, seed)
                state.unlink(missing_ok=True)


def files_of(pattern, trainings):
    """File of each of some trainings."""
    return [str(paths.of_training(pattern, *training)) for training in trainings]


def ious_of(evaluations):
    """The table of each of some evaluations."""
    patterns = {"none": paths.iou, "dense_crf": paths.iou_dense_crf}
    return [
        str(paths.of_training(patterns[postprocessing], *training))
        for *training, postprocessing in evaluations
    ]


def confusions_of(evaluations):
    """The confusions of each of some evaluations."""
    patterns = {"none": paths.confusion, "dense_crf": paths.confusion_dense_crf}
    return [
        str(paths.of_training(patterns[postprocessing], *training))
        for *training, postprocessing in evaluations
    ]


def published(*tables):
    """The paper's tables."""
    return [local(relpath(published_csv(name))) for name in tables]


def evaluation_images(wildcards):
    """Sets of images that an experiment is evaluated on."""
    names = settings.sets_of_experiment(wildcards.experiment)
    return expand(paths.images, images=names)


def annotated_frames(wildcards):
    """The ground truth, where only annotated frames are localized."""
    return paths.annotations if settings.colocalization.frames == "annotated" else []


def of_localizations(pattern, localizations):
    """File of each of some models on a dataset."""
    return [
        expand(pattern, **each._asdict(), allow_missing=True)[0]
        for each in localizations
    ]


def shots_of_job(wildcards):
    """Digest of what the manifest says of the videos that a job localizes."""
    groups = groups_of_localization(wildcards.dataset)
    return digest_of_shots(groups.shots_from(wildcards.video))


def own_videos_of_job(wildcards):
    """Files and folders of those videos that a job localizes that are one's own."""
    return own_videos_of(wildcards, groups_of_localization)


def own_videos_of(wildcards, groups):
    """Files and folders of those videos of a group that are one's own."""
    videos = videos_of_folder(wildcards)
    if not videos:
        return []
    shots = groups(wildcards.dataset).shots_from(wildcards.video)
    names = dict.fromkeys(shot.video for shot in shots)
    return [local(str(videos[name][0])) for name in names if name in videos]


def of_jobs(pattern, **names):
    """A file of each job that localizes videos of a dataset."""
    jobs = groups_of_localization(names["dataset"]).firsts()
    return expand(pattern, **names, video=jobs)


def localized_videos(wildcards):
    """Localized videos of a model, a file per job."""
    return of_jobs(paths.localized, **wildcards)


def skipped_videos(wildcards):
    """Shots that the localizations of the run left out, a list per job."""
    return [
        path
        for each in graph.localizations()
        for path in of_jobs(paths.skipped_localized, **each._asdict())
    ]


def examples_of(pattern):
    """File or folder of each target whose segmentations are drawn."""
    return [pattern.format(**each._asdict()) for each in shown.illustrated(graph)]


def sheets():
    """The pictures of the localizations, of the first seed of each target."""
    return [
        path
        for each in graph.drawn()
        for path in expand(paths.sheet, **each._asdict(), name=settings.classes)
    ]
