"""Installing: the tree that `cmake --install` lays down, the Debian packages of the static and of the dynamic program, and the static one
at work in a fresh Debian."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import BINARY, ROOT
from test_static import STATIC, need

INSTALLED = [
    "bin/lambox",
    "share/man/man1/lambox.1",
    "share/bash-completion/completions/lambox",
    "share/zsh/vendor-completions/_lambox",
    "share/fish/vendor_completions.d/lambox.fish",
    "share/doc/lambox/examples/lambox.yaml",
    "share/doc/lambox/copyright",
]


def run(*command, timeout=300, **keywords):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout, **keywords)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def package_of(build, folder):
    """The .deb that is made of a build folder."""
    for program in ("cpack", "dpkg-shlibdeps", "dpkg-deb"):
        if shutil.which(program) is None:
            pytest.skip(f"SKIPPED: {program} is not here to make a Debian package")
    run("cpack", "-G", "DEB", "--config", build / "CPackConfig.cmake", "-B", folder, cwd=build)
    (package,) = folder.glob("*.deb")
    return package


def test_installing(tmp_path):
    run("cmake", "--install", BINARY.parent, "--prefix", tmp_path / "usr")
    for name in INSTALLED:
        assert (tmp_path / "usr" / name).is_file(), name
    assert run(tmp_path / "usr/bin/lambox", "--version").startswith("lambox ")


def test_the_manual_page_is_well_formed():
    if shutil.which("man") is None:
        pytest.skip("SKIPPED: man is not installed")
    done = subprocess.run(["man", "--warnings", "-l", ROOT / "share/lambox.1"], capture_output=True, text=True, timeout=60,
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""})
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "--rie-quirks" in done.stdout


def test_bash_completes():
    script = """
        . share/completions/lambox.bash
        complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lambox; echo "${COMPREPLY[*]}"; }
        complete_line lambox ri
        complete_line lambox serve --iso
        complete_line lambox serve --isolation ''
        complete_line lambox rie --rie-q
    """
    out = run("bash", "-c", script, cwd=ROOT).splitlines()
    assert out == ["rie", "--isolation", "auto sandbox process", "--rie-quirks"]


def test_the_dynamic_package_names_its_libraries(tmp_path):
    package = package_of(BINARY.parent, tmp_path)
    depends = run("dpkg-deb", "--field", package, "Depends")
    for library in ("libc6", "libarchive13", "libsqlite3-0"):
        assert re.search(rf"\b{library} \(>= ", depends), depends
    assert "libnettle8" in depends  # its package file asks for no version


@pytest.fixture(scope="module")
def debian(tmp_path_factory):
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        pytest.skip("SKIPPED: debootstrap as root makes the fresh Debian that the package is installed in")
    lines = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"], capture_output=True, text=True)
    sites = [line.split()[0] for line in lines.stdout.splitlines() if line.endswith(" bookworm") or line.endswith(" stable")]
    if not sites:
        pytest.skip("SKIPPED: this machine's apt names no archive of Debian 12")
    root = tmp_path_factory.mktemp("debian") / "root"
    done = subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root, sites[0]], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        pytest.skip("SKIPPED: debootstrap cannot make a Debian here: " + (done.stdout + done.stderr).strip().splitlines()[-1])
    yield root
    shutil.rmtree(root, ignore_errors=True)


def test_the_static_package_in_a_fresh_debian(debian, tmp_path):
    need(STATIC, "static")
    package = package_of(STATIC.parent, tmp_path)
    assert run("dpkg-deb", "--field", package, "Depends").strip() == ""
    shutil.copy(package, debian / "lambox.deb")
    run("chroot", debian, "dpkg", "--install", "/lambox.deb")
    try:
        assert run("chroot", debian, "lambox", "--version").startswith("lambox ")
        assert "provided.al2023" in run("chroot", debian, "lambox", "runtimes")
        files = run("chroot", debian, "dpkg", "--listfiles", "lambox").splitlines()
        for name in INSTALLED:
            assert f"/usr/{name}" in files
    finally:
        run("chroot", debian, "dpkg", "--purge", "lambox")
    assert not (debian / "usr/bin/lambox").exists()
