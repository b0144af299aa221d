"""Zips of sample handlers, for tests that create functions through the API."""

import io
import pathlib
import zipfile

from conftest import HANDLERS

ROLE = "arn:aws:iam::000000000000:role/lambda"


def zipped_folder(folder):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(pathlib.Path(folder).rglob("*")):
            if file.is_file():
                entry = zipfile.ZipInfo(str(file.relative_to(folder)))
                entry.external_attr = (0o100755) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def zipped(**files):
    """A zip of executable files by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100755) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def echo_zip():
    return zipped_folder(HANDLERS / "echo-x86_64")


# A Runtime API client in shell: answers with what the expression prints.
SHELL = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
    headers=$(mktemp)
    curl -s -D "$headers" -o /dev/null "$api/next"
    id=$(tr -d '\\r' < "$headers" | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //p')
    rm -f "$headers"
    printf '"%s"' "$({expression})" | curl -s -o /dev/null -X POST --data-binary @- "$api/$id/response"
done
"""


def shell_zip(expression):
    """A function that answers with a JSON string of the command's output."""
    return zipped(bootstrap=SHELL.replace("{expression}", expression))


def create(client, name, code=None, **settings):
    made = {"Runtime": "provided.al2023", "Role": ROLE, "Handler": "bootstrap", "Timeout": 10}
    made.update(settings)
    answer = client.create_function(FunctionName=name, Code=code or {"ZipFile": echo_zip()}, **made)
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return answer
