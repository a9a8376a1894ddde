"""A Slurm of one node on loopback for a test, from Debian's packages; everything in one folder."""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "sinfo")
# slurmd of the executor's inner srun reads the default place and not SLURM_CONF.
DEFAULT_CONF = Path("/etc/slurm/slurm.conf")
START_SECONDS = 60
CLUSTER = "ClusterName=throwaway"


def reason_not_here() -> str | None:
    """Say why no Slurm can be started on this machine; None if it can."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if os.geteuid() != 0:
        return "munged and slurmd need root"
    if (DEFAULT_CONF.exists() or DEFAULT_CONF.is_symlink()) and not _is_left_over():
        return f"{DEFAULT_CONF} belongs to a Slurm that is already here"
    return None


def _is_left_over() -> bool:
    """Tell whether the configuration is that of a throw-away cluster that was killed."""
    if not DEFAULT_CONF.is_symlink():
        return False
    if not DEFAULT_CONF.exists():
        return True
    asked = subprocess.run(
        ["scontrol", "ping"], capture_output=True, text=True, check=False, timeout=START_SECONDS
    )
    return CLUSTER in DEFAULT_CONF.read_text() and "UP" not in asked.stdout


@contextmanager
def slurm(folder: Path, cpus: int, mem_mb: int):
    """Run a cluster below a folder and yield what the environment needs to reach it.

    Parameters
    ----------
    folder
        Where its files stand: an empty folder with a short path and no blank in it.
    cpus, mem_mb
        What its one node declares.
    """
    conf = _write_files(folder, cpus, mem_mb)
    settings = {"SLURM_CONF": str(conf)}
    env = os.environ | settings
    daemons = []
    DEFAULT_CONF.parent.mkdir(parents=True, exist_ok=True)
    if _is_left_over():
        DEFAULT_CONF.unlink()
    DEFAULT_CONF.symlink_to(conf)
    try:
        for name, command, ready in _daemons(folder):
            with (folder / f"{name}.out").open("w") as out:
                daemons.append(
                    subprocess.Popen(
                        command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env
                    )
                )
            _wait_until(ready, env, folder, daemons)
        yield settings
    finally:
        _stop(daemons, env)
        DEFAULT_CONF.unlink(missing_ok=True)


def _daemons(folder):
    socket_path = folder / "munge.socket"
    munged = [
        "munged",
        "--foreground",
        "--force",
        f"--key-file={folder / 'munge.key'}",
        f"--socket={socket_path}",
        f"--pid-file={folder / 'munged.pid'}",
        f"--seed-file={folder / 'munge.seed'}",
        f"--log-file={folder / 'munged.log'}",
    ]
    yield "munged", munged, f"munge -n -S {socket_path} | unmunge -S {socket_path}"
    yield "slurmctld", ["slurmctld", "-D", "-c"], "scontrol ping | grep -q UP"
    yield "slurmd", ["slurmd", "-D", "-N", "n1"], "sinfo -h -t idle -o %N | grep -q n1"


def _wait_until(ready: str, env: dict, folder: Path, daemons: list) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and all(daemon.poll() is None for daemon in daemons):
        done = subprocess.run(
            ["sh", "-c", ready], env=env, capture_output=True, check=False, timeout=START_SECONDS
        )
        if done.returncode == 0:
            return
    logs = "\n".join(path.read_text()[-2000:] for path in sorted(folder.glob("*.out")))
    msg = f"Slurm did not start: {ready!r} never succeeded\n{logs}"
    raise RuntimeError(msg)


def _stop(daemons, env) -> None:
    subprocess.run(["scancel", "-u", "root"], env=env, check=False, capture_output=True)
    for daemon in reversed(daemons):
        daemon.send_signal(signal.SIGTERM)
    for daemon in reversed(daemons):
        try:
            daemon.wait(timeout=20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _write_files(folder: Path, cpus: int, mem_mb: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    host = socket.gethostname().split(".")[0]
    conf = folder / "slurm.conf"
    conf.write_text(
        f"""{CLUSTER}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={_free_port()}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=0
PriorityType=priority/basic
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=5
InactiveLimit=0
JobRequeue=0
DefMemPerCPU=500
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={_free_port()} CPUs={cpus} \
RealMemory={mem_mb} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=01:00:00 State=UP
"""
    )
    return conf


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
