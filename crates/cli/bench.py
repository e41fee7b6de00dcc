#!/usr/bin/env python3
"""What a call costs with this command and with awscli, side by side.

    crates/cli/bench.py BINARY

calls ListUserPools on a server of its own, many times with each, and prints the medians as a table:
seconds until the request arrives, CPU seconds of the process, its peak memory by then, and the bytes
installed.
awscli comes from PyPI into `target/bench-cli`; the numbers go to `target/bench-cli/results.json`.
It fails if the command is not as small and quick as it shall be.
"""

import http.server
import json
import os
import pathlib
import queue
import statistics
import subprocess
import sys
import threading
import time

AWSCLI = "1.46.3"
TARGET = pathlib.Path(__file__).parents[2] / "target" / "bench-cli"
# So many times better than awscli, and the most bytes.
GOALS = {"CPU seconds": 50, "peak KiB": 10, "bytes": 20}
LARGEST = 5_000_000


class Stub(http.server.BaseHTTPRequestHandler):
    """Has no user pools, and notes when it was asked, and how much memory that took."""

    protocol_version = "HTTP/1.1"
    arrived = None
    peak = None
    process = queue.Queue()

    def do_POST(self):
        Stub.arrived = time.monotonic()
        Stub.peak = peak_of(Stub.process.get(timeout=10))
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"UserPools": []}'
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    binary = pathlib.Path(sys.argv[1]).resolve()
    aws = install_awscli()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    ours = [binary, "call", "list-user-pools", "--max-results", "10"]
    theirs = [aws, "cognito-idp", "list-user-pools", "--max-results", "10", "--endpoint-url", url]
    results = {
        "cognito-idp": measured(ours, url, 30) | {"bytes": binary.stat().st_size},
        f"awscli {AWSCLI}": measured(theirs, url, 10) | {"bytes": installed(aws.parents[1])},
    }
    (TARGET / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    show(results)
    if problems := list(missed(results)):
        sys.exit("\n".join(problems))


def install_awscli():
    """The `aws` of a venv in which nothing else is."""
    venv = TARGET / "venv"
    aws = venv / "bin" / "aws"
    if not aws.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [venv / "bin" / "pip", "--quiet", "install", f"awscli=={AWSCLI}"]
        subprocess.run(pip, check=True)
    return aws


def measured(command, url, times):
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": url,
        # awscli does not read AWS_REGION.
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    # The first warms the file cache, and Python's compiled modules.
    runs = [run(command, environment) for _ in range(times + 1)][1:]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def run(command, environment):
    Stub.arrived = None
    begun = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    Stub.process.put(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or Stub.arrived is None:
        sys.exit(f"{command[0]} ended with {process.returncode}, or asked for nothing")
    return {
        "seconds to the request": Stub.arrived - begun,
        "CPU seconds": usage.ru_utime + usage.ru_stime,
        "peak KiB": Stub.peak,
    }


def peak_of(process):
    """Of the program alone: what `wait4` tells begins with the memory of whoever started it."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def installed(venv):
    """What awscli and its dependencies are, without pip and the interpreter."""
    files = (path for path in venv.glob("lib/**/*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files if "/pip" not in str(path))


def show(results):
    ours, theirs = results.values()
    print(f"| | {' | '.join(results)} | times |")
    print("|---|---|---|---|")
    for name in ours:
        ratio = theirs[name] / ours[name]
        print(f"| {name} | {spell(ours[name])} | {spell(theirs[name])} | {ratio:.0f} |")


def spell(number):
    return f"{number:,.0f}" if number >= 1 else f"{number:.4f}"


def missed(results):
    """What the command promises and does not keep."""
    ours, theirs = results.values()
    for name, times in GOALS.items():
        if ours[name] * times > theirs[name]:
            yield f"{name}: not {times} times better"
    if ours["bytes"] > LARGEST:
        yield f"bytes: more than {LARGEST:,}"


if __name__ == "__main__":
    main()
