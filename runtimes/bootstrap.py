"""Starts a Python function on the runtime client that lambox has found (the variable LAMBOX_RUNTIME_CLIENT)."""

import os
import runpy
import sys

client = os.environ.pop("LAMBOX_RUNTIME_CLIENT")
layers = os.environ.pop("LAMBOX_LAYERS")
packages = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
# The order that a function on AWS sees: its own code, layers, the runtime's folder, and the interpreter's own.
sys.path[0:1] = [os.environ["LAMBDA_TASK_ROOT"], f"{layers}/python/{packages}", f"{layers}/python"]
if client not in sys.path:
    sys.path.insert(3, client)
sys.argv = ["bootstrap.py", os.environ["_HANDLER"]]
runpy.run_module("awslambdaric", run_name="__main__")
