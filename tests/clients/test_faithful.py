"""Profile `faithful`: what was in force is told, and a function gets about the CPU share of its memory size, by its own clock. Exact
figures are the timing tests' affair."""

import json

import pytest
from conftest import function, invoke, run_lambox
from containment import culprit


def line_about(subject, lines):
    return next(line for line in lines if f"{subject}: " in line)


def need_quota(lines):
    said = line_about("cpu", lines)
    if "memory/1769 vCPU by" not in said:
        pytest.skip("SKIPPED: " + said)


@pytest.mark.parametrize("memory_size", [128, 512])
def test_a_function_gets_the_share_of_its_memory_size(start, memory_size):
    server = start({"f": culprit(memory_size=memory_size)}, "--profile", "faithful", "--log-level", "info")
    need_quota(server.log().splitlines())
    client = server.client()
    invoke(client, "f", {})
    used = invoke(client, "f", {"do": "spin", "seconds": 2})[0]
    share = used["cpu_s"] / used["wall_s"]
    assert share / (memory_size / 1769) <= 1.5, used
    if memory_size == 128:  # a larger share may not be had beside other programs
        assert share / (memory_size / 1769) >= 0.5, used


def test_the_share_has_a_switch_of_its_own(start):
    server = start({"f": culprit(memory_size=128)}, "--cpu-share", "on", "--log-level", "info")
    need_quota(server.log().splitlines())
    client = server.client()
    invoke(client, "f", {})
    used = invoke(client, "f", {"do": "spin", "seconds": 1})[0]
    assert used["cpu_s"] / used["wall_s"] < 0.12


def test_a_share_that_cannot_be_had_is_told_and_not_pretended(start):
    server = start({"f": culprit(memory_size=128)}, "--profile", "faithful", "--cgroups", "off")
    assert "cpu: not scaled by memory size, because no resource group does it (" in server.log()
    assert invoke(server.client(), "f", {})[1] is None


@pytest.mark.parametrize("profile", ["faithful", "fast"])
def test_compare_says_what_was_in_force(tmp_path, profile):
    config = tmp_path / "lambox.yaml"
    config.write_text(json.dumps({"functions": {"echo": function("echo")}}))
    data = tmp_path / "data.json"
    code, out, err = run_lambox("compare", config, "--requests", "3", "--cold", "2", "--profile", profile, "--json", data)
    assert code == 0, err
    conditions = json.loads(data.read_text())["conditions"]
    for subject in ("isolation", "memory", "freeze", "cpu"):
        assert line_about(subject, conditions)
    if profile == "fast":
        assert "not scaled by memory size" in line_about("cpu", conditions)
        return
    need_quota(conditions)
    code, by_default, _ = run_lambox("compare", config, "--requests", "3", "--cold", "2", "--json", data)
    assert code == 0 and json.loads(data.read_text())["conditions"] == conditions  # compare is faithful by itself
