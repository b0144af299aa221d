"""What the tests about sandboxes, resource groups and faults share: the levels of containment, what this machine can do of it, and the
traces that an environment could leave."""

import base64
import functools
import os
import pathlib
import re
import time

import pytest
from conftest import HANDLERS, ROOT, function, run_lambox

CULPRIT = ROOT / "tests" / "clients" / "culprit"
GROUPS = "/sys/fs/cgroup"


@functools.cache
def trial(*arguments):
    """What lambox says of the containment in force under these options, or why there is none."""
    settings = ("--event", "-", "--runtime", "provided.al2023", "--log-level", "info")
    code, _, err = run_lambox("run", HANDLERS / "echo-x86_64", *settings, *arguments, stdin=b"{}")
    assert code == 0 or "no sandbox can be made here" in err, err
    return err


def need_sandbox():
    said = trial("--isolation", "sandbox")
    if "isolation: sandbox" not in said:
        pytest.skip("SKIPPED: " + said.strip().splitlines()[-1])


def need_kernel_limit():
    said = next(line for line in trial().splitlines() if "memory: " in line)
    if "memory: limited to the memory size by" not in said:
        pytest.skip("SKIPPED: " + said)


class Level:
    """One way to contain: an isolation, with or without cgroups."""

    def __init__(self, isolation, cgroups="auto"):
        self.isolation = isolation
        self.cgroups = cgroups
        self.arguments = ["--isolation", isolation, "--cgroups", cgroups]
        self.sandboxed = isolation == "sandbox"

    def __str__(self):
        return self.isolation + ("" if self.cgroups == "auto" else "-without-cgroups")

    def need(self):
        if self.sandboxed:
            need_sandbox()
        if self.cgroups == "auto":
            need_kernel_limit()
        return self


WITH_GROUPS = [Level("sandbox"), Level("process")]
ALL_LEVELS = [*WITH_GROUPS, Level("sandbox", "off"), Level("process", "off")]


def at(levels):
    return pytest.mark.parametrize("level", levels, ids=str)


def culprit(**settings):
    made = function("echo", code=str(CULPRIT), timeout=30)
    made.update(settings)
    return made


def tail_of(answer):
    return base64.b64decode(answer["LogResult"]).decode(errors="replace")


def max_memory(text):
    return int(re.findall(r"Max Memory Used: (\d+) MB", text)[-1])


def groups_of(pid):
    """The groups that the lambox with this pid has made, in every hierarchy."""
    mine = re.compile(rf"lambox-\d+-{pid}-\d+-\d+")
    # Other lamboxes come and go meanwhile; os.walk does not mind.
    return sorted(f"{folder}/{name}" for folder, names, _ in os.walk(GROUPS) for name in names if mine.fullmatch(name))


def mounts_left(folder):
    return [line for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if str(folder) in line]


def wait_until(condition, seconds=10):
    """Whether it came true; polls, because ends cannot be waited for."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def processes_of(log_stream_or_folder):
    """Processes in whose environment the text stands, by pid."""
    needle = str(log_stream_or_folder).encode()
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if needle in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "stat").read_text()
        except OSError:
            continue
    return found
