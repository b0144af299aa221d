"""Terraform and its AWS provider as they lie on this machine, and a folder to run them in."""

import json
import os
import pathlib
import platform
import re
import shutil
import subprocess

from conftest import HANDLERS
from packages import shell_zip, zipped

CONFIGURATIONS = pathlib.Path(__file__).parent / "terraform"
PROVIDER = "registry.terraform.io/hashicorp/aws"
MACHINES = {"x86_64": "linux_amd64", "aarch64": "linux_arm64"}


def mirrors():
    """Where Terraform looks for providers by itself, LAMBOX_TERRAFORM_MIRROR before all, and mirrors below /opt."""
    home = pathlib.Path(os.environ.get("HOME", "/"))
    data = os.environ.get("XDG_DATA_HOME", home / ".local/share")
    places = [home / ".terraform.d/plugins", pathlib.Path(data) / "terraform/plugins",
              pathlib.Path("/usr/local/share/terraform/plugins"), pathlib.Path("/usr/share/terraform/plugins")]
    for name in ("TF_PLUGIN_CACHE_DIR", "LAMBOX_TERRAFORM_MIRROR"):
        if os.environ.get(name):
            places.insert(0, pathlib.Path(os.environ[name]))
    opt = pathlib.Path("/opt")
    return places + [found.parent for pattern in ("registry.terraform.io", "*/registry.terraform.io") for found in opt.glob(pattern)]


def find():
    """(program, mirror), or a reason why there is none."""
    program = shutil.which("terraform")
    if program is None:
        return "terraform is not installed"
    machine = MACHINES.get(platform.machine(), "?")
    for mirror in mirrors():
        provider = mirror / PROVIDER
        if any(provider.glob(f"5.*/{machine}/terraform-provider-aws*")) or any(provider.glob(f"terraform-provider-aws_5.*_{machine}.zip")):
            return program, mirror
    return "Terraform's provider hashicorp/aws 5 is in no local mirror (LAMBOX_TERRAFORM_MIRROR names one)"


class Terraform:
    """The configurations of those names in a folder of their own, against one endpoint."""

    def __init__(self, found, folder, endpoint, configurations):
        self.program, mirror = found
        self.folder = folder
        (folder / "lambdas").mkdir(parents=True)
        for name in ("provider", *configurations):
            self.add(name)
        settings = folder / "terraform.rc"
        settings.write_text(f'disable_checkpoint = true\nprovider_installation {{\n  filesystem_mirror {{ path = "{mirror}" }}\n}}\n')
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0",
            "TF_VAR_endpoint": endpoint, "CHECKPOINT_DISABLE": "1",
        }

    def add(self, name):
        shutil.copy(CONFIGURATIONS / f"{name}.tf", self.folder)

    def run(self, *arguments, allowed=(0,), **variables):
        """Its exit code and what it printed; arguments by name become variables of the configuration."""
        environment = {**self.environment, **{f"TF_VAR_{name}": value for name, value in variables.items()}}
        command, *rest = arguments
        done = subprocess.run([self.program, command, "-no-color", *rest], cwd=self.folder, env=environment, timeout=400,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode in allowed, done.stdout
        return done.returncode, done.stdout

    def apply(self, *options, **variables):
        return self.run("apply", "-auto-approve", *options, **variables)[1]

    def destroy(self, *options, **variables):
        return self.run("destroy", "-auto-approve", *options, **variables)[1]

    def assert_nothing_to_do(self, *options, **variables):
        code, said = self.run("plan", "-detailed-exitcode", *options, allowed=(0, 2), **variables)
        assert code == 0, said

    def state(self):
        """Read without a command, each of which starts the provider anew."""
        return json.loads((self.folder / "terraform.tfstate").read_text())

    def resources(self):
        """Addresses of the managed resources that its state holds."""
        return {f"{one['type']}.{one['name']}" for one in self.state()["resources"] if one["mode"] == "managed"}

    def outputs(self):
        return {name: one["value"] for name, one in self.state()["outputs"].items()}


ARTICLE_HANDLERS = {
    "amd64": ("go-lambda-skeleton-amd64", HANDLERS / "go1.x-x86_64" / "sample-lambda"),
    "arm64": ("bootstrap", HANDLERS / "provided.al2-arm64" / "bootstrap"),
}


def article_package(architecture, note):
    """The comparison's handler as the article packs it; another note makes another package of it."""
    name, program = ARTICLE_HANDLERS[architecture]
    return zipped(**{name: program.read_bytes(), "NOTE": note})


def write_article_packages(folder, note):
    for architecture in ARTICLE_HANDLERS:
        (folder / "lambdas" / f"go-lambda-skeleton-{architecture}.zip").write_bytes(article_package(architecture, note))


def write_wider_packages(folder):
    for stage in ("one", "two"):
        # The last folder of PATH is that of the layers, wherever they are without a sandbox.
        script = f'layers="${{PATH##*:}}"; cat "${{layers%/bin}}/text"; echo {stage} $STAGE'
        (folder / "lambdas" / f"{stage}.zip").write_bytes(shell_zip(script))
        (folder / "lambdas" / f"layer-{stage}.zip").write_bytes(zipped(text=f"layer-{stage} "))
    hot = folder / "hot"
    hot.mkdir()
    shutil.copy(HANDLERS / "echo-x86_64" / "bootstrap", hot)


def changed_resources(said):
    """Addresses of the managed resources that a plan or apply says it changes."""
    return set(re.findall(r"^  # ((?!data\.)\S+) (?:will|must) be ", said, re.M))


def managed_resources(configuration):
    """Addresses of the resources that a configuration declares."""
    text = (CONFIGURATIONS / f"{configuration}.tf").read_text()
    return {".".join(one) for one in re.findall(r'^resource "(\w+)" "([\w-]+)"', text, re.M)}
