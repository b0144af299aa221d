"""The least Runtime API client that can show what its image and its caller gave it. Its events tell it what to do."""

import http.client
import json
import os
import signal
import sys
import time

api = os.environ["AWS_LAMBDA_RUNTIME_API"]
path = "/2018-06-01/runtime"
print("init of", os.environ["AWS_LAMBDA_FUNCTION_NAME"], flush=True)
if os.environ.get("FAIL_INIT"):
    sys.exit(7)


def call(method, where, body=None, headers={}):
    connection = http.client.HTTPConnection(api)
    connection.request(method, path + where, body, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer, data


def answer_for(event, context):
    if not isinstance(event, dict):
        return event
    if "sleep" in event:
        time.sleep(event["sleep"])
    if "exit" in event:
        sys.exit(event["exit"])
    if "signal" in event:
        os.kill(os.getpid(), getattr(signal, event["signal"]))
    if "print" in event:
        print(event["print"], flush=True)
    if "size" in event:
        return "x" * event["size"]
    if event.get("tell"):
        return {
            "pid": os.getpid(),
            "arguments": sys.argv[1:],
            "folder": os.getcwd(),
            "environment": dict(os.environ),
            "headers": {name.lower(): value for name, value in context.items()},
            "now_ms": time.time() * 1000,
        }
    return event


while True:
    context, body = call("GET", "/invocation/next")
    id = context.getheader("Lambda-Runtime-Aws-Request-Id")
    try:
        event = json.loads(body)
    except ValueError:
        event = {"raw": body.decode(errors="replace")}
    if isinstance(event, dict) and "fail" in event:
        error = json.dumps({"errorMessage": event["fail"], "errorType": "Failure"}).encode()
        call("POST", f"/invocation/{id}/error", error, {"Lambda-Runtime-Function-Error-Type": "Function.Failure"})
        continue
    answer = json.dumps(answer_for(event, dict(context.getheaders())), ensure_ascii=False).encode()
    call("POST", f"/invocation/{id}/response", answer)
