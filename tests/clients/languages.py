"""The same hello in every language, as scripts/build-handlers --langs leaves it, and what it takes to run it."""

import functools
import json
import os
import platform
import re

import pytest
from conftest import HANDLERS, ROOT, run_lambox

CLIENTS = ROOT / "build" / "runtimes"
ARCHITECTURE = "arm64" if platform.machine() == "aarch64" else "x86_64"

# language: (runtime, handler, memory size, errorType of {"fail": true})
LANGUAGES = {
    "python": (None, "handler.lambda_handler", 128, "ValueError"),
    "node": (None, "index.handler", 256, "TypeError"),
    "java": (None, "example.Handler::handleRequest", 512, "java.lang.IllegalArgumentException"),
    "ruby": (None, "handler.handle", 256, "Function<ArgumentError>"),
    "rust": ("provided.al2023", "bootstrap", 128, None),
    "go": ("provided.al2023", "bootstrap", 128, "errorString"),
}
PREFIX = {"python": "python3", "node": "nodejs2", "java": "java", "ruby": "ruby3"}


@functools.cache
def runtimes():
    """What `lambox runtimes` says of each identifier."""
    code, out, err = run_lambox("runtimes", "--json", "--runtime-clients", CLIENTS)
    assert code == 0, err
    return {row["identifier"]: row for row in json.loads(out)["runtimes"]}


@functools.cache
def runtime_of(language):
    """The identifier whose version this machine has, or one that it runs with another version."""
    rows = [row for name, row in runtimes().items() if name.startswith(PREFIX[language]) and row["runs_here"]]
    exact = [row for row in rows if "another version" not in row["how"]]
    return next((row["identifier"] for row in [*exact, *rows]), None)


def need(language):
    if not (HANDLERS / f"hello-{language}").exists():
        pytest.skip(f"SKIPPED: {language}: scripts/build-handlers --langs has built nothing, for want of tools or of a runtime client")
    if LANGUAGES[language][0] is None and runtime_of(language) is None:
        how = next(row["how"] for name, row in runtimes().items() if name.startswith(PREFIX[language]))
        pytest.skip(f"SKIPPED: {language} does not run here: {how}")


def hello(language, **settings):
    """The language's hello as a function of lambox.yaml."""
    need(language)
    runtime, handler, memory, _ = LANGUAGES[language]
    made = {
        "runtime": runtime or runtime_of(language),
        "handler": handler,
        "architectures": [ARCHITECTURE],
        "code": str(HANDLERS / f"hello-{language}"),
        "memory_size": memory,
        "timeout": 30,
    }
    made.update(settings)
    return made


def init_durations(log):
    return re.findall(r"Init Duration: ([0-9.]+) ms", log)


def clients_option():
    return ["--runtime-clients", os.fspath(CLIENTS)]
