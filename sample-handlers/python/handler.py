"""Answers with its event, unless that asks for something else; see README.md of the folder above."""

import os
import time


def lambda_handler(event, context):
    print(f"hello from Python, request {context.aws_request_id}")
    if event.get("fail"):
        raise ValueError("as asked")
    if event.get("crash"):
        os._exit(3)
    time.sleep(event.get("sleep_ms", 0) / 1000)
    if "size" in event:
        return "x" * max(event["size"] - 2, 0)
    return event
