"""Functions inside an unpacked image: they see the image's files and not the machine's system, and what is unfit is told."""

import json
import shutil

import pytest
from conftest import HANDLERS, function, invoke, run_lambox
from containment import need_sandbox
from languages import hello


@pytest.fixture
def image(tmp_path):
    """The least of an image: AWS's folders, and a static program as the runtime."""
    root = tmp_path / "image"
    for folder in ("etc", "opt", "tmp", "var/task", "var/runtime"):
        (root / folder).mkdir(parents=True)
    for file in ("passwd", "group", "resolv.conf"):
        (root / "etc" / file).write_text("")
    (root / "top.txt").write_text("a file at the top\n")
    (root / "bin").symlink_to("usr/bin")
    shutil.copy(HANDLERS / "echo-x86_64" / "bootstrap", root / "var" / "runtime" / "bootstrap")
    return root


@pytest.fixture
def package(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "app.py").write_text("")
    return str(tmp_path / "package")


def in_image(image, package, **settings):
    return {"runtime": "python3.13", "handler": "app.handler", "code": package, "rootfs": str(image), "timeout": 10, **settings}


def test_a_managed_function_is_started_by_the_image_s_bootstrap(start, image, package):
    need_sandbox()
    client = start({"f": in_image(image, package)}, "--isolation", "sandbox").client()
    for event in ({"a": 1}, {"b": 2}):
        value, error, _ = invoke(client, "f", event)
        assert error is None and value == event


def test_a_layer_and_a_bootstrap_of_the_package_work_in_it_too(start, tmp_path, image):
    need_sandbox()
    (tmp_path / "layer").mkdir()
    settings = {"rootfs": str(image), "layers": [str(tmp_path / "layer")]}
    client = start({"f": function("echo", **settings)}, "--isolation", "sandbox").client()
    assert invoke(client, "f", {"a": 1})[0] == {"a": 1}


def test_the_machine_s_libraries_are_not_to_be_seen(start, image):
    need_sandbox()
    made = hello("rust", rootfs=str(image))  # linked against the C library, which this image does not have
    value, error, _ = invoke(start({"f": made}, "--isolation", "sandbox").client(), "f")
    assert error == "Unhandled" and value["errorType"] == "Runtime.InvalidEntrypoint"
    assert "no such file or directory" in value["errorMessage"]


def test_run_takes_an_image_and_tells_what_is_unfit(tmp_path, image, package):
    need_sandbox()
    run = ["run", package, "--runtime", "python3.13", "--handler", "app.handler", "--isolation", "sandbox", "--rootfs"]
    code, out, err = run_lambox(*run, image, "--event", "-", stdin=b'{"a": 1}')
    assert code == 0 and json.loads(out) == {"a": 1}, err
    (image / "var" / "runtime" / "bootstrap").unlink()
    code, out, err = run_lambox(*run, image)
    assert code == 1 and json.loads(out)["errorType"] == "Runtime.InvalidEntrypoint"
    assert "has no /var/runtime/bootstrap" in err
    (image / "var" / "task").rmdir()
    assert "no folder var/task" in run_lambox(*run, image)[2]
    code, _, err = run_lambox(*run, tmp_path / "none")
    assert code == 2 and "is not a folder" in err


def test_without_a_sandbox_it_is_refused(start, image, package):
    server = start({"f": in_image(image, package)}, "--isolation", "process")
    value, error, _ = invoke(server.client(), "f")
    assert error == "Unhandled" and value["errorType"] == "Runtime.InvalidEntrypoint"
    assert "a rootfs needs --isolation sandbox" in server.log()
