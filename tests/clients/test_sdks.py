"""Goal: the AWS SDKs for JavaScript and for Go lead functions from create to delete without noticing that they do not speak to AWS: waiters,
error classes, paginators, log tails, streams.
Method: js-sdk/lifecycle.js and go-sdk/main.go do the same calls against the real binary and report what they saw; it is judged here.
Both are made in build/ with their package managers, in pinned versions. SKIPPED without node or go."""

import filecmp
import json
import re
import shutil
import subprocess

import pytest

from conftest import HANDLERS, ROOT
from packages import echo_zip, shell_zip, zipped_folder

CLIENTS = ROOT / "tests" / "clients"
BUILD = ROOT / "build" / "sdk-clients"


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"SKIPPED: {tool} is not installed")


@pytest.fixture(scope="module")
def javascript():
    need("node", "npm")
    source, made = CLIENTS / "js-sdk", BUILD / "js"
    made.mkdir(parents=True, exist_ok=True)
    installed = made / "installed-lock.json"
    if not installed.exists() or not filecmp.cmp(source / "package-lock.json", installed, shallow=False):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, made)
        run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=made)
        shutil.copy(source / "package-lock.json", installed)
    shutil.copy(source / "lifecycle.js", made)  # node looks for packages beside the program
    return ["node", str(made / "lifecycle.js")]


@pytest.fixture(scope="module")
def go():
    need("go")
    program = BUILD / "go" / "lifecycle"
    run("go", "build", "-trimpath", "-buildvcs=false", "-o", str(program), ".", cwd=CLIENTS / "go-sdk")
    return [str(program)]


@pytest.fixture
def life(start, tmp_path):
    """`life(command)`: what that program saw."""
    server = start({})
    folder = tmp_path / "zips"
    folder.mkdir()
    for name, content in {"echo": echo_zip(), "two": shell_zip("echo two"), "fail": zipped_folder(HANDLERS / "fail-x86_64")}.items():
        (folder / f"{name}.zip").write_bytes(content)
    return lambda command: json.loads(run(*command, server.url, str(folder), cwd=tmp_path))


def is_supported(operation):
    """By the README's table, which a test holds equal to what is served."""
    row = re.search(rf"^\| `{operation}` \| ([^|]*) \|", (ROOT / "README.md").read_text(), re.M)
    return row[1] == "yes"


def assert_whole_life(seen, success):
    assert (seen["created"], seen["active"], seen["updating"], seen["updated"]) == ("Pending", success["active"], "InProgress", success["updated"])
    assert (seen["first"]["payload"], seen["first"]["version"]) == ({"n": 1}, "$LATEST")
    lines = seen["first"]["log"].splitlines()
    assert [line.split()[0] for line in lines if line][-2:] == ["END", "REPORT"] and "Init Duration" in lines[-1]
    assert seen["second"]["payload"] == "two"
    assert (seen["one"], seen["two"]) == ("1", ["2", 256])
    # Half of 40; outside of 5 to 35 once in a million runs.
    assert set(seen["weighted"]) == {"1", "2"} and sum(seen["weighted"].values()) == 40 and 5 <= seen["weighted"]["2"] <= 35
    throttled = seen["throttled"]
    assert (throttled["name"], throttled["status"], throttled["known"]) == ("TooManyRequestsException", 429, True)
    assert throttled["reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert (seen["gone"]["name"], seen["gone"]["status"], seen["gone"]["known"]) == ("ResourceNotFoundException", 404, True)


def assert_errors_streams_and_pages(seen, prefix):
    failed = seen["failed"]
    assert (failed["error"], failed["payload"]["errorType"]) == ("Unhandled", "Function.Failed")
    missing = seen["missing"]
    assert (missing["name"], missing["status"], missing["known"]) == ("ResourceNotFoundException", 404, True)
    assert missing["message"].startswith("Function not found: arn:aws:lambda:us-east-1:000000000000:function:none")
    assert (seen["invalid"]["name"], seen["invalid"]["status"]) == ("ValidationException", 400)
    assert "memorySize" in seen["invalid"]["message"]
    refused = seen["streaming"]["failure"]
    if is_supported("InvokeWithResponseStream"):
        assert refused["name"] == "none" and json.loads(seen["streaming"]["text"]) == {"n": 1}
    else:
        assert (refused["name"], refused["status"]) == ("NotImplementedException", 501)
        assert refused["message"] == "lambox does not support the operation InvokeWithResponseStream"
    assert [len(page) for page in seen["pages"]] == [50, 7]
    names = [name for page in seen["pages"] for name in page]
    assert sorted(names) == sorted([f"{prefix}-{i:02}" for i in range(55)] + [f"{prefix}-echo", f"{prefix}-fail"])


def test_javascript(javascript, life):
    seen = life(javascript)
    assert_whole_life(seen, {"active": "SUCCESS", "updated": "SUCCESS"})
    assert_errors_streams_and_pages(seen, "js")


def test_go(go, life):
    seen = life(go)
    assert_whole_life(seen, {"active": "Active", "updated": "Successful"})
    assert_errors_streams_and_pages(seen, "go")
