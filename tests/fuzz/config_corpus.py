"""First inputs for fuzz_config: files that use every member, and the notations of YAML that people and attackers use."""
import pathlib
import sys

WHOLE = """region: us-east-1
account: "000000000000"
era: 2022-11-19
functions:
  hello-go1: &hello
    runtime: go1.x
    handler: sample-lambda
    architectures: [x86_64]
    code: build/go1
    memory_size: 128
    timeout: 3
    environment: {TABLE: local}
    layers: [./layers/agent]
    ephemeral_storage: 512
    reserved_concurrent_executions: 8
  other: {<<: *hello, runtime: provided.al2, memory_size: 0x80}
comparison:
  event: {foo: bar, list: [1, 2.5, -.5, 5., 0o17, 0x1F, true, null, ~, !!str 1, "a\\n\\u00e9\\0"]}
  requests: 10000
  cold: 100
  cold_share: 0.01
"""

INPUTS = {
    "whole": WHOLE,
    "mistakes": "regoin: 1\nfunctions:\n  a: {runtime: cobol, code: x, memory_size: lots}\n  a: [1]\ncomparison: {cold: -1}\n",
    "blocks": "functions:\n  f:\n    runtime: provided.al2\n    code: >-\n      folded\n      path\n    handler: |\n      literal\n",
    "nested": "comparison:\n  event: " + "[" * 40 + "]" * 40 + "\n",
    "sequences": "- - - a\n- ? b\n  : c\n",
    "aliases": "comparison:\n  event: {a: &a [x, x], b: &b [*a, *a], c: [*b, *b], d: &d {k: *d}}\n",
    "merges": "functions: &f\n  <<: [*f, {a: {}}]\n",
    "tags": "%TAG ! tag:yaml.org,2002:\n---\nregion: !str us-east-1\nera: !<tag:yaml.org,2002:str> 2022-11-19\n...\n",
    "documents": "a: 1\n---\nb: 2\n",
    "flow": "{functions: {f: {runtime: 'provided.al2', code: \"x\", environment: {? A : b}}}}\n",
}

folder = pathlib.Path(sys.argv[1])
for name, text in INPUTS.items():
    (folder / name).write_text(text, encoding="utf-8")
