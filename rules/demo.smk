# The rendered world.
# Reads: the section `demo` of the configuration.
# Leaves: {demo.root}/world.json, and beside it videos, motion masks and images in the
# official layouts. Runs only where `demo.enabled` is set.


rule render_demo:
    output:
        world=f"{settings.demo.root}/world.json",
    log:
        f"{paths.logs}/render_demo.log",
    benchmark:
        f"{paths.benchmarks}/render_demo/job.tsv"
    conda:
        "../envs/mcnn.yaml"
    threads: 2
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("render_demo.py"),
        demo=lookup("demo", within=config),
    message:
        "render the videos and images of the demo"
    script:
        "../workflow_scripts/render_demo.py"
