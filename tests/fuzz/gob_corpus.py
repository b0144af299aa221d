#!/usr/bin/env python3
"""Writes first inputs for fuzz_gob: what real Go servers sent, whole and cut, in the form that fuzz_gob.cpp describes."""
import json
import pathlib
import sys


def main(folder, vectors):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    connections = {}
    for row in json.loads(pathlib.Path(vectors).read_text()):
        if row["direction"] == "server->client" and isinstance(row["decoded"], list):
            connections.setdefault(row["name"].split("/")[0], []).append((row["name"], bytes.fromhex(row["hex"])))
    for connection, replies in connections.items():
        # A reply needs the definitions before it, so inputs are beginnings of the conversation.
        stream = b""
        for name, data in replies:
            stream += data
            (folder / f"{name.replace('/', '-')}-whole").write_bytes(b"\0" + stream)
        for name, head in (("bytewise", b"\1\0"), ("cut", b"\4\1\6\2\50")):
            (folder / f"{connection}-{name}").write_bytes(head + stream)


if __name__ == "__main__":
    main(*sys.argv[1:])
