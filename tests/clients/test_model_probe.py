"""Goal: whatever breaks one constraint of AWS's own service model is answered with the error that the model and AWS name, and nothing that
is sent makes a 5xx. Method: the constraints are read from botocore's model; for every supported operation each of them is broken once in an
otherwise valid request, sent as raw HTTP; then values of wrong JSON types and random bytes."""

import gzip
import http.client
import json
import pathlib
import random
import re
import string
from urllib.parse import quote

import botocore
import pytest

from conftest import ROOT, Lambox
from packages import ROLE, create, echo_zip, zipped

MODEL = json.loads(
    gzip.decompress((pathlib.Path(botocore.__file__).parent / "data/lambda/2015-03-31/service-2.json.gz").read_bytes())
)
SHAPES = MODEL["shapes"]
SAMPLE = {
    "FunctionName": "probe", "Role": ROLE, "Resource": "arn:aws:lambda:us-east-1:000000000000:function:probe", "Qualifier": "1",
    "Name": "live", "FunctionVersion": "1", "LayerName": "probe", "VersionNumber": 1, "StatementId": "s", "Action": "lambda:InvokeFunction",
    "Principal": "111111111111", "UUID": "00000000-0000-0000-0000-000000000000", "Arn": "arn:aws:lambda:us-east-1:000000000000:layer:probe:1",
    "Tags": {"a": "b"}, "TagKeys": ["a"], "Code": {}, "Content": {}, "ReservedConcurrentExecutions": 1, "ProvisionedConcurrentExecutions": 1,
    "AuthType": "NONE", "RecursiveLoop": "Allow", "UpdateRuntimeOn": "Auto",
}
# Where lambox keeps to the documented limits of ordinary functions, the model is wider (managed instances).
TIGHTER = {"MemorySize": 10240, "Timeout": 900, "Size": 10240}
# Checked in other words than the model's, or not reached because the feature is refused as a whole.
OTHERWISE = {
    "Runtime", "DurableConfig", "TenancyConfig", "RuntimeConfig", "AcceleratorConfig", "PublishTo", "S3FilesConfig",
    "MasterRegion", "SourceKMSKeyArn",
}


def supported():
    text = (ROOT / "README.md").read_text()
    names = re.findall(r"^\| `(\w+)` \| yes \|", text, re.M)
    return [name for name in names if name != "Invoke"]


def sample(operation, name):
    if operation.endswith("LayerVersionPermission"):
        if name == "Action":
            return "lambda:GetLayerVersion"
    return SAMPLE[name]


def broken_scalars(shape):
    """(value, words of the message) that break one constraint of a string or number each."""
    kind = shape["type"]
    if kind in ("integer", "long", "double"):
        if "max" in shape:
            yield int(shape["max"]) + 1, "less than or equal to"
        if "min" in shape:
            yield int(shape["min"]) - 1, "greater than or equal to"
    if kind == "string":
        if "enum" in shape:
            yield "no-such-value", "enum value set"
        if shape.get("min", 0) > 0:
            yield "", "length greater than or equal to"
        if "max" in shape:
            yield "x" * (shape["max"] + 1), "length less than or equal to"
        if "pattern" in shape:
            for candidate in ("\u0001 !", "a b", "\u0001", "!", "."):
                # Java's meaning of a class like `[0-9-_]` is Python's as well.
                try:
                    if not re.fullmatch(shape["pattern"].replace("\\p{L}\\p{Z}\\p{N}", "A-Za-z0-9 "), candidate):
                        yield candidate, "regular expression pattern"
                        break
                except re.error:
                    break


def broken(shape, depth=0):
    """(value, words) for a member of that shape, every constraint inside included."""
    kind = shape["type"]
    if kind == "structure":
        for name, member in shape["members"].items():
            if name in OTHERWISE:
                continue
            for value, words in broken(SHAPES[member["shape"]], depth + 1):
                full = {one: "x" for one in shape.get("required", ())}
                full[name] = value
                yield full, words
        for name in shape.get("required", ()):
            yield {}, "must not be null"
    elif kind == "list":
        element = SHAPES[shape["member"]["shape"]]
        if "max" in shape:
            good = element["enum"][0] if "enum" in element else ({} if element["type"] == "structure" else "x")
            yield [good] * (shape["max"] + 1), "length less than or equal to"
        if shape.get("min", 0) > 0:
            yield [], "length greater than or equal to"
        for value, words in broken(element, depth + 1):
            yield [value], words
    elif kind == "map":
        held = {"double": 0.5, "list": ["host:1"]}.get(SHAPES[shape["value"]["shape"]]["type"], "x")
        for value, words in broken_scalars(SHAPES[shape["key"]["shape"]]):
            if value != "":
                yield {value: held}, "Map keys must satisfy constraint"
        for value, words in broken(SHAPES[shape["value"]["shape"]], depth + 1):
            key = SHAPES[shape["key"]["shape"]].get("enum", ["1"])[0]
            yield {key: value}, words
    else:
        yield from broken_scalars(shape)


class Probe:
    def __init__(self, server):
        self.server = server
        self.sent = 0
        self.failures = []

    def request(self, method, target, body=None, raw=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        payload = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        connection.request(method, target, payload, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        name = answer.getheader("x-amzn-ErrorType")
        connection.close()
        self.sent += 1
        return answer.status, name, text.decode(errors="replace")

    def call(self, operation, members):
        """The operation with these members, where the model puts them."""
        info = MODEL["operations"][operation]
        target = info["http"]["requestUri"]
        body, query = {}, []
        for name, value in members.items():
            member = SHAPES[info["input"]["shape"]]["members"][name]
            place = member.get("locationName", name)
            location = member.get("location")
            if location == "uri":
                target = target.replace("{%s}" % place, quote(str(value), safe=""))
            elif location == "querystring":
                for one in value if isinstance(value, list) else [value]:
                    query.append(f"{place}={quote(str(one), safe='')}")
            else:
                body[name] = value
        if query:
            target += ("&" if "?" in target else "?") + "&".join(query)
        method = info["http"]["method"]
        return self.request(method, target, body if method in ("POST", "PUT") else None)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    lambox = Lambox(tmp_path_factory.mktemp("probe"), {}, "--log-level", "error")
    client = lambox.client()
    create(client, "probe", {"ZipFile": echo_zip()}, Publish=True)
    client.create_alias(FunctionName="probe", Name="live", FunctionVersion="1")
    client.publish_layer_version(LayerName="probe", Content={"ZipFile": zipped(a="b")})
    yield lambox
    assert lambox.stop() == 0
    assert "internal error" not in lambox.log() and "failed" not in lambox.log() and "Sanitizer" not in lambox.log()


def base_of(operation):
    shape = SHAPES[MODEL["operations"][operation]["input"]["shape"]]
    return {name: sample(operation, name) for name in shape.get("required", ())}


def test_each_constraint_broken_once_is_named(server):
    probe = Probe(server)
    wrong = []
    for operation in supported():
        shape = SHAPES[MODEL["operations"][operation]["input"]["shape"]]
        base = base_of(operation)
        for name, member in shape["members"].items():
            if name in OTHERWISE:
                continue
            inner = dict(SHAPES[member["shape"]])
            if name in TIGHTER:
                inner["max"] = TIGHTER[name]
            for value, words in broken(inner):
                if member.get("location") == "uri" and (value == "" or value == "."):
                    continue  # another path
                status, error, text = probe.call(operation, {**base, name: value})
                if status != 400 or error != "ValidationException" or words not in text or "validation error" not in text:
                    wrong.append((operation, name, str(value)[:60], words, status, error, text[:200]))
            if name in shape.get("required", ()) and member.get("location") != "uri":
                left_out = {one: kept for one, kept in base.items() if one != name}
                status, error, text = probe.call(operation, left_out)
                if status != 400 or error != "ValidationException" or "must not be null" not in text:
                    wrong.append((operation, name, "left out", status, error, text[:200]))
    print(f"{probe.sent} probes of {len(supported())} operations, {len(wrong)} answered otherwise")
    assert probe.sent > 600
    assert wrong == [], "\n".join(map(str, wrong))


WRONG = [None, True, 1, -1, 1.5, 1e308, "", "x", [], [[]], {}, {"a": {}}, [None], {"": None}, 2**63, -(2**64), "\u0000", "é" * 50]


def test_values_of_other_types_never_make_an_error_of_the_server(server):
    probe = Probe(server)
    bad = []
    for operation in supported():
        if operation.startswith(("Delete", "Remove", "Untag")):
            continue  # they would take away what the others probe
        shape = SHAPES[MODEL["operations"][operation]["input"]["shape"]]
        for name, member in shape["members"].items():
            if member.get("location"):
                continue
            for value in WRONG:
                status, error, text = probe.call(operation, {**base_of(operation), name: value})
                if status >= 500:
                    bad.append((operation, name, value, status, text[:200]))
    print(f"{probe.sent} probes with values of other types, {len(bad)} made a 5xx")
    assert bad == []


def test_bodies_and_paths_of_any_bytes_never_make_an_error_of_the_server(server):
    probe = Probe(server)
    source = random.Random(11)
    bad = []
    bodies = [b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'{"Code":{"ZipFile":"%%%"}}']
    for operation in supported():
        info = MODEL["operations"][operation]["http"]
        target = re.sub(r"\{\w+\}", "probe", info["requestUri"])
        if info["method"] == "DELETE":
            continue
        for body in bodies + [bytes(source.randrange(256) for _ in range(200))]:
            status, _, text = probe.request(info["method"], target, raw=body)
            if status >= 500:
                bad.append((operation, body[:40], status, text[:200]))
        for _ in range(5):
            noise = "".join(source.choice(string.printable[:94]) for _ in range(12))
            path = re.sub(r"\{\w+\}", lambda _: quote(noise, safe="%"), info["requestUri"]).replace(" ", "")
            status, _, text = probe.request(info["method"], path, raw=b"{}")
            if status >= 500:
                bad.append((operation, path, status, text[:200]))
    print(f"{probe.sent} probes with any bytes, {len(bad)} made a 5xx")
    assert bad == []


def test_operations_that_are_not_supported_are_named(server):
    probe = Probe(server)
    served = set(supported()) | {"Invoke"}
    for operation, info in MODEL["operations"].items():
        if operation in served:
            continue
        target = re.sub(r"\{\w+\}", "probe", info["http"]["requestUri"])
        status, error, text = probe.request(info["http"]["method"], target, raw=b"{}")
        assert (status, error) == (501, "NotImplementedException"), operation
        assert f"operation {operation}" in text
