"""A SLURM of one node on the loopback interface, with two pretended GPUs.

It stands in /etc/slurm, where alone all of Snakemake's executor finds it: that takes SLURM_CONF out
of the environment of what it starts.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

ETC = Path("/etc/slurm")
FILES = [ETC / "slurm.conf", ETC / "gres.conf"]
MUNGE = Path("/run/munge/munge.socket.2")
PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "setpriv"]
# SLURM asks no more of a GPU than that its device is there.
GPUS = ["/dev/null", "/dev/zero"]
NAME = "ClusterName=mcnn-tests\n"
CONF = """\
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation={folder}/slurmctld
SlurmdSpoolDir={folder}/slurmd
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
# Ended jobs are told of for ten minutes; there is no accounting.
MinJobAge=600
# The node claims to have more than the machine.
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=32 RealMemory=64000 Gres=gpu:2
# The profile's partition is not the one of jobs that name none.
PartitionName=anyone Nodes={host} Default=YES MaxTime=INFINITE
PartitionName=main Nodes={host} MaxTime=INFINITE
"""


def missing():
    """Why there can be no SLURM here; nothing if there can."""
    if os.getuid() != 0:
        return "it takes root to start SLURM's daemons"
    if absent := [name for name in PROGRAMS if shutil.which(name) is None]:
        return f"not installed: {', '.join(absent)} (apt-get install slurm-wlm munge)"
    if find_spec("snakemake_executor_plugin_slurm") is None:
        return "not installed: snakemake-executor-plugin-slurm"
    if FILES[0].is_file() and not FILES[0].read_text().startswith(NAME):
        return f"this machine has a SLURM: {FILES[0]}"
    with socket.socket() as probe:
        return "a SLURM is running here" if probe.connect_ex(("127.0.0.1", 6817)) == 0 else ""


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def wait_for(value, seconds=60):
    """The value of a function, as soon as it is true; SLURM may be late with its answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := value():
                return found
        except subprocess.CalledProcessError:
            pass
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.2)


def munge_answers():
    """Whether there is a munged; one that was killed leaves its socket."""
    return subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode == 0


class OneNode:
    """The daemons, as a context. They and their configuration end with this process in any case."""

    def __init__(self, folder):
        self.folder = folder
        self.host = socket.gethostname().split(".")[0]
        self.running = {}
        self.guard = None

    def __enter__(self):
        try:
            self.configure()
            if not munge_answers():
                MUNGE.parent.mkdir(exist_ok=True)
                shutil.chown(MUNGE.parent, "munge", "munge")
                # By force over the socket of one that was killed.
                self.start("munged", "--foreground", "--force", user="munge")
                wait_for(munge_answers)
            self.start("slurmctld", "-D", "-c")
            self.start("slurmd", "-D")
            wait_for(lambda: output("sinfo", "-h", "-o", "%T") == "idle\n")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        try:
            subprocess.run(["scancel", "--user", "root"], timeout=20, check=False)
            wait_for(lambda: not output("squeue", "-h"))
        finally:
            self.stop()

    def configure(self):
        # When this process is gone, so is its end of the pipe, and `cat` ends.
        script = f"cat; rm -f {' '.join(map(str, FILES))}"
        self.guard = subprocess.Popen(
            ["sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True
        )
        devices = "".join(f"NodeName={self.host} Name=gpu File={gpu}\n" for gpu in GPUS)
        conf = CONF.format(host=self.host, folder=self.folder)
        for path, text in zip(FILES, (NAME + conf, devices), strict=True):
            path.unlink(missing_ok=True)
            path.write_text(text)
        for name in ("slurmctld", "slurmd"):
            (self.folder / name).mkdir()

    def start(self, name, *options, user=None):
        with (self.folder / f"{name}.out").open("a") as file:
            self.running[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", name, *options],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                user=user,
            )

    def kill(self, name, how=signal.SIGTERM):
        process = self.running.pop(name)
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        for name in reversed(list(self.running)):
            self.kill(name)
        if self.guard:
            self.guard.communicate()

    def node(self, state):
        """Let the node start jobs (resume), or only go on with those that run (drain)."""
        output("scontrol", "update", f"NodeName={self.host}", f"State={state}", "Reason=test")

    @staticmethod
    def jobs():
        """What SLURM knows of each job, of those that have ended too, in the order of their ids."""
        text = output("scontrol", "--details", "show", "job")
        found = [
            dict(re.findall(r"(\w+)=(\S*)", block)) for block in text.split("\n\n") if "=" in block
        ]
        return sorted(found, key=lambda job: int(job["JobId"]))
