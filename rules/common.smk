# Functions of the rules: which code and which files they depend on.


def code(script):
    """Fingerprint of the code behind a rule: an edit of it reruns the rule."""
    return code_fingerprint(Path(workflow.basedir, "workflow_scripts", script))


def one_of(names):
    """Regular expression of a wildcard that is one of the names."""
    return "|".join(map(re.escape, names)) or "(?!)"


def rendered(wildcards):
    """The rendered world, where the run renders one."""
    return rules.render_demo.output.world if settings["demo"]["enabled"] else []


@cache
def own_videos(dataset):
    """File or folder of each video by its name; of other layouts than video_folder none."""
    record = settings["datasets"][dataset]
    if record["format"] != "video_folder":
        return {}
    from mcnn.datasets.video_folder import list_videos  # Slow to import.

    try:
        videos, _ = list_videos(Path(record["root"]), settings["classes"], "skip")
    except DataError:
        return {}  # The manifest tells what is wrong with it.
    return {name: str(path) for name, (path, _) in videos.items()}


def video(wildcards):
    """File or folder of one of one's own videos."""
    return own_videos(wildcards.dataset)[wildcards.video]


def splits_of_dataset(wildcards):
    """Shots of each of one's own videos."""
    videos = own_videos(wildcards.dataset)
    return expand(rules.detect_shots.output.split, video=videos, allow_missing=True)


def ranges_of_shots(wildcards):
    """File that says which frames the shots of a video have."""
    if wildcards.video in own_videos(wildcards.dataset):
        return expand(rules.detect_shots.output.split, **wildcards)[0]
    return expand(rules.manifest.output.shots, **wildcards)[0]


def videos_of(dataset):
    """Names of all videos in the manifest."""
    manifest = checkpoints.manifest.get(dataset=dataset).output.shots
    return list(dict.fromkeys(shot.video for shot in read_shots(manifest)))


def masks_of_dataset(wildcards):
    """Motion masks of all videos in the manifest."""
    return expand(MASKS, video=videos_of(wildcards.dataset), allow_missing=True)


def record(wildcards):
    """Settings of a training."""
    return settings["stages"][wildcards.experiment][wildcards.stage]


def samples(wildcards):
    """Samples of the dataset of a training, if it has one."""
    if record(wildcards)["dataset"] is None:
        return []
    return expand(rules.sample_frames.output.samples, **record(wildcards))[0]


def tagged_images(wildcards):
    """Tagged images of a training, if it has any."""
    if record(wildcards)["images"] is None:
        return []
    return expand(rules.image_set.output.images, **record(wildcards))[0]


def start(wildcards):
    """Model of the previous stage that a training starts from."""
    experiment, stage = parse_target(record(wildcards)["start"])
    return expand(MODEL, experiment=experiment, stage=stage, seed=wildcards.seed)[0]


def pretrained(wildcards):
    """Weights that a training without a previous stage starts from, if not at random."""
    network = record(wildcards)["network"]
    if network["weights"] == "none":
        return []
    if network["weights"] == "imagenet":
        return expand(rules.pretrained_weights.output.weights, **network)[0]
    return network["weights"]


def training_chain(experiment, stage, seed):
    """A training and those before it: experiment, stage and seed of each."""
    start = settings["stages"][experiment][stage]["start"]
    before = training_chain(*parse_target(start), seed) if start else []
    return [*before, (experiment, stage, seed)]


def files_of(pattern, trainings):
    """File of each of the trainings."""
    return [
        expand(pattern, experiment=experiment, stage=stage, seed=seed)[0]
        for experiment, stage, seed in trainings
    ]


def evaluation_images(wildcards):
    """Sets of images that an experiment is evaluated on."""
    names = settings["evaluated_on"][wildcards.experiment]
    return expand(rules.image_set.output.images, images=names)


def selected(wildcards):
    """Shots selected by the initial model that a training goes back to."""
    experiment, stage = wildcards.experiment, wildcards.stage
    while stage != "initial":
        experiment, stage = parse_target(settings["stages"][experiment][stage]["start"])
    return expand(
        rules.select_shots.output.selected,
        dataset=record(wildcards)["dataset"],
        experiment=experiment,
        seed=wildcards.seed,
    )[0]


def dataset_of(wildcards):
    """Dataset of videos of an experiment."""
    return settings["experiments"][wildcards.experiment]["dataset"]


def shots_of_experiment(wildcards):
    """The manifest of its dataset."""
    return expand(SHOTS, dataset=dataset_of(wildcards))[0]


def masks_of_experiment(wildcards):
    """Motion masks of its dataset."""
    dataset = dataset_of(wildcards)
    return expand(MASKS, dataset=dataset, video=videos_of(dataset))


def annotations_of_experiment(wildcards):
    """Ground-truth boxes of its dataset."""
    return expand(rules.annotations.output.annotations, dataset=dataset_of(wildcards))[
        0
    ]


def frames_to_localize(wildcards):
    """The ground truth, where only annotated frames are localized."""
    annotated = settings["colocalization"]["frames"] == "annotated"
    return annotations_of_experiment(wildcards) if annotated else []


def first_videos(dataset):
    """The videos that the jobs of localizing a dataset are called after."""
    return videos_of(dataset)[:: settings["colocalization"]["videos_per_job"]]


def localized_videos(wildcards):
    """Localized videos of its dataset, a file per job."""
    videos = first_videos(dataset_of(wildcards))
    return expand(rules.localize.output.localized, video=videos, **wildcards)


def skipped_shots(wildcards):
    """Shots that the localizations of the run left out, a list per job."""
    return [
        path
        for experiment, stage, seed in COLOCALIZED
        for path in expand(
            rules.localize.output.skipped,
            video=first_videos(settings["experiments"][experiment]["dataset"]),
            experiment=experiment,
            stage=stage,
            seed=seed,
        )
    ]
