"""Requests and answers in a form that is the same in every run: what differs from run to run is replaced by the name of its kind, once it
has been seen to be of that kind. Recorder and replay share it."""

import base64
import hashlib
import json
import re
import urllib.parse
import xml.etree.ElementTree

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\+0000|Z)")
KINDS = {
    "RequestId": ("<uuid>", UUID), "RevisionId": ("<uuid>", UUID), "LastModified": ("<time>", TIME), "CreateDate": ("<time>", TIME),
    "RoleId": ("<role id>", re.compile(r"AROA[A-Z0-9]{17}")),
    "Location": ("<location>", re.compile(r"http://[0-9a-z.:\[\]]+/_lambox/packages/[0-9a-f]{64}\.zip")),
}
ANSWER_HEADERS = ("Content-Type", "x-amzn-ErrorType")
REQUEST_HEADERS = ("Content-Type", "X-Amz-Target")


class Packages:
    """Names for packages, whose bytes, hashes and sizes depend on the compiler."""

    def __init__(self, **zips):
        self.texts = {
            f"<{name}>": {
                "ZipFile": base64.b64encode(zip).decode(), "CodeSha256": base64.b64encode(hashlib.sha256(zip).digest()).decode(),
                "CodeSize": len(zip),
            }
            for name, zip in zips.items()
        }

    def hidden(self, member, value):
        """The name of the package of which `value` is the bytes, hash or size; else the value."""
        if member not in ("ZipFile", "CodeSha256", "CodeSize"):
            return value
        found = [name for name, texts in self.texts.items() if texts[member] == value]
        return found[0] if found else value

    def shown(self, member, value):
        return self.texts[value][member] if isinstance(value, str) and value in self.texts else value


def each(value, change, member=None):
    """`value` with `change(member, leaf)` for every leaf."""
    if isinstance(value, dict):
        return {name: each(inner, change, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [each(inner, change, member) for inner in value]
    return change(member, value)


def without_kinds(member, value):
    name, pattern = KINDS.get(member, ("", None))
    return name if pattern and isinstance(value, str) and pattern.fullmatch(value) else value


def xml_value(node):
    children = list(node)
    if not children:
        return node.text or ""
    if all(child.tag.rsplit("}", 1)[-1] == "member" for child in children):
        return [xml_value(child) for child in children]
    return {child.tag.rsplit("}", 1)[-1]: xml_value(child) for child in children}


def value_of(content_type, body):
    """JSON, XML or a form as plain values; other bodies as text."""
    kind = content_type.split(";")[0]
    if not body:
        return None
    if "json" in kind:
        return json.loads(body)
    if "xml" in kind:
        root = xml.etree.ElementTree.fromstring(body)
        return {root.tag.rsplit("}", 1)[-1]: xml_value(root)}
    if "form" in kind:
        return dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    return body.decode()


def body_of(content_type, value):
    """The other way round, for requests."""
    if value is None:
        return b""
    if "form" in content_type:
        return urllib.parse.urlencode(value).encode()
    return json.dumps(value).encode()


def plain_answer(status, headers, body, packages):
    """`headers` has a `get` that does not look at case."""
    value = each(value_of(headers.get("Content-Type") or "", body), packages.hidden)
    kept = {name: headers.get(name) for name in ANSWER_HEADERS if headers.get(name)}
    return {"status": status, "headers": kept, "body": each(value, without_kinds)}


def plain_request(method, path, headers, body, packages):
    """The service is that of the signature's credential scope; a body of the REST protocols is JSON whatever the header says."""
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", headers.get("Authorization") or "")
    content_type = headers.get("Content-Type") or "application/json"
    return {
        "method": method, "path": path, "region": scope[1], "service": scope[2],
        "headers": {name: headers.get(name) for name in REQUEST_HEADERS if headers.get(name)},
        "body": each(value_of(content_type, body), packages.hidden),
    }
