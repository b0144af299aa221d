"""Records what Terraform's AWS provider asks for the article's configuration, and what lambox answers, into data/terraform_article.json;
test_terraform_replay.py plays it on machines without Terraform. To be run again when the provider or the configuration is a newer one, and
read before it is committed, because the answers become what the test expects:

    scripts/build-handlers && LAMBOX_BINARY=build/dev/lambox build/venv/bin/python tests/clients/record_terraform.py
"""

import contextlib
import http.client
import http.server
import json
import pathlib
import sys
import tempfile
import threading

from conftest import Lambox
from recorded import Packages, plain_answer, plain_request
from terraform_program import Terraform, article_package, find, write_article_packages

TABLE = pathlib.Path(__file__).parent / "data" / "terraform_article.json"
IN_ORDER = "-parallelism=1"


def packages():
    """Every package of the recording by its name in the table."""
    return Packages(**{f"{note} {architecture}": article_package(architecture, note)
                       for note in ("first", "second") for architecture in ("amd64", "arm64")})


class Recorder(http.server.ThreadingHTTPServer):
    """Hands every request on to lambox and keeps both sides."""

    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port, self.packages, self.steps = port, packages(), []
        self.lock = threading.Lock()

    def begin(self, step):
        self.steps.append({"step": step, "exchanges": []})

    def keep(self, request, answer):
        with self.lock:
            self.steps[-1]["exchanges"].append({"request": request, "answer": answer})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        onward = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        with contextlib.closing(onward):
            onward.request(self.command, self.path, body, dict(self.headers))
            answer = onward.getresponse()
            content = answer.read()
        packages = self.server.packages
        self.server.keep(plain_request(self.command, self.path, self.headers, body, packages),
                         plain_answer(answer.status, answer.headers, content, packages))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("connection", "content-length", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = hand_on

    def log_message(self, *_):
        """Says nothing."""


def record(found, folder, recorder):
    terraform = Terraform(found, folder, f"http://127.0.0.1:{recorder.server_port}", ["article"])
    write_article_packages(terraform.folder, "first")
    terraform.run("init")
    recorder.begin("apply")
    terraform.apply(IN_ORDER)
    recorder.begin("plan")
    terraform.assert_nothing_to_do(IN_ORDER)
    write_article_packages(terraform.folder, "second")
    terraform.add("article_memory_override")
    recorder.begin("change")
    terraform.apply(IN_ORDER)
    recorder.begin("plan")
    terraform.assert_nothing_to_do(IN_ORDER)
    recorder.begin("destroy")
    terraform.destroy(IN_ORDER)


def main():
    found = find()
    if isinstance(found, str):
        sys.exit(found)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lambox = Lambox(folder, {})
        recorder = Recorder(lambox.port)
        thread = threading.Thread(target=recorder.serve_forever)
        thread.start()
        try:
            record(found, folder / "terraform", recorder)
        finally:
            recorder.shutdown()
            thread.join()
            recorder.server_close()
            lambox.stop()
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(json.dumps(recorder.steps, indent=1, ensure_ascii=False) + "\n")
    print(f"{sum(len(step['exchanges']) for step in recorder.steps)} exchanges in {TABLE}")


if __name__ == "__main__":
    main()
