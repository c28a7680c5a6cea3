"""The profile for Kubernetes and S3: parsed, and the tiny run planned on an empty bucket."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import pytest
from tiny_run import checkout, environment

PLUGINS = ["snakemake_executor_plugin_kubernetes", "snakemake_storage_plugin_s3"]
pytestmark = pytest.mark.skipif(
    not all(map(find_spec, PLUGINS)), reason=f"not installed: {', '.join(PLUGINS)}"
)
KEYS = {"SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "a", "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "b"}


class Nothing(BaseHTTPRequestHandler):
    """Has no object, whatever is asked for."""

    def do_HEAD(self):
        self.server.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *_):
        pass


@pytest.fixture
def bucket():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_run_is_planned_on_an_empty_bucket(tmp_path, bucket):
    folder = checkout(tmp_path / "run")
    libraries = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    endpoint = f"http://127.0.0.1:{bucket.server_port}"
    result = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--profile", "profiles/kubernetes", "--dry-run"),
            *("--configfile", "tiny.yaml", "--storage-s3-endpoint-url", endpoint),
        ],
        cwd=folder,
        env={**environment(folder), **KEYS, "PYTHONPATH": libraries},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    for rule in ("train_initial", "train_joint", "evaluate", "report"):
        assert any(line.split()[:1] == [rule] for line in result.stdout.splitlines())
    assert "Missing output files: s3://example-bucket/mcnn/results/tiny/" in result.stdout
    # What the run makes is looked for in the bucket; what comes with the workflow is not.
    assert any(path.endswith("model.safetensors") for path in bucket.asked)
    assert not any("/published/" in path or "/templates/" in path for path in bucket.asked)
