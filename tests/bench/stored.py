"""State folders with so many stored functions, made through the API by lambox itself and kept for the next run."""

import base64
import http.client
import io
import json
import shutil
import zipfile

from servers import Server

ROLE = "arn:aws:iam::000000000000:role/lambda"
LAYOUT = "1"  # of what is stored; another one makes the folders anew


def package(number):
    """A package of its own for every function, as functions of several owners have."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, f"#!/bin/sh\n# function {number}\nexec sleep 1000\n")
    return base64.b64encode(buffer.getvalue()).decode()


def create(connection, number):
    definition = {
        "FunctionName": f"stored-{number:05d}",
        "Runtime": "provided.al2023",
        "Role": ROLE,
        "Handler": "bootstrap",
        "Description": "one of many",
        "Environment": {"Variables": {"TABLE": "local", "STAGE": "bench"}},
        "Tags": {"owner": f"team-{number % 10}"},
        "Code": {"ZipFile": package(number)},
    }
    connection.request("POST", "/2015-03-31/functions", json.dumps(definition), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"CreateFunction answered {answer.status}: {body[:500]}")


def state_folder(programs, count):
    """`programs.kept`/state-COUNT; complete when the mark beside it is there."""
    folder = programs.kept / f"state-{count}"
    mark = programs.kept / f"state-{count}.layout"
    if mark.exists() and mark.read_text() == LAYOUT:
        return folder
    mark.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Server(programs, [programs.lambox, "serve", "--port", "0", "--json", "--state-dir", folder, "--cgroups", "off"]) as server:
        host, port = server.url.removeprefix("http://").rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        for number in range(count):
            create(connection, number)
        connection.close()
    mark.write_text(LAYOUT)
    return folder
