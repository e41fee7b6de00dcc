#!/usr/bin/env python3
"""The session of a newcomer in README.md, run for real in a shell on a terminal.

    tests/live/servers.sh crates/cli/newcomer.py [COMMAND]           holds README.md to what the run showed
    tests/live/servers.sh crates/cli/newcomer.py [COMMAND] --write   writes what it showed

What is another for everybody, IDs and times, is replaced by examples. Needs jq, and builds the command if none is
given.
"""

import argparse
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
BEGIN, END = "<!-- newcomer.py -->\n", "<!-- end of newcomer.py -->\n"
PROMPT = "newcomer$ "
QUESTION = r"([Pp]assword|again): "
TEMPORARY, PASSWORD = "T3mp-for-alice!", "N3w-of-alice!"

# Each line with what is typed at its questions, which is not shown.
SESSION = [
    ("pool=$(cognito-idp call create-user-pool --pool-name demo | jq -r .UserPool.Id)", []),
    (
        "client=$(cognito-idp call create-user-pool-client --user-pool-id $pool --client-name demo "
        "--explicit-auth-flows ALLOW_USER_SRP_AUTH ALLOW_REFRESH_TOKEN_AUTH | jq -r .UserPoolClient.ClientId)",
        [],
    ),
    ("export COGNITO_USER_POOL_ID=$pool COGNITO_CLIENT_ID=$client", []),
    ("cognito-idp create-user alice@example.com | jq .User.UserStatus", [TEMPORARY, TEMPORARY]),
    ("cognito-idp sign-in alice@example.com", [TEMPORARY, PASSWORD, PASSWORD]),
    ("cognito-idp token | cognito-idp verify - --explain", []),
    ("cognito-idp token | cognito-idp verify - | jq -c '{token_use, client_id, scope}'", []),
    ("TOKEN=$(cognito-idp token) cognito-idp call get-user --access-token env:TOKEN | jq .Username", []),
    ("cognito-idp sign-out", []),
]


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, environment):
        self.shown = ""
        pid, self.end = pty.fork()
        if pid == 0:
            shell = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
            os.execvpe("bash", shell, environment)
        self.until(re.escape(PROMPT))

    def until(self, pattern):
        """Gives what is shown up to what the pattern finds, and with it."""
        ends = time.monotonic() + 60
        while not (found := re.search(pattern, self.shown)):
            if time.monotonic() > ends or not select.select([self.end], [], [], 60)[0]:
                sys.exit(f"no {pattern!r} after:\n{self.shown}")
            self.shown += os.read(self.end, 4096).decode()
        before, self.shown = self.shown[: found.end()], self.shown[found.end():]
        return before

    def type(self, line):
        os.write(self.end, (line + "\n").encode())

    def run(self, line, answers):
        """Gives what is shown after the line itself."""
        self.type(line)
        shown = ""
        for answer in answers:
            shown += self.until(QUESTION)
            # The echo is switched off after the question is shown.
            time.sleep(0.3)
            self.type(answer)
        shown += self.until(re.escape(PROMPT))
        return shown.replace("\r\n", "\n").removeprefix(line + "\n").removesuffix(PROMPT)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    command = arguments.command or build()
    with tempfile.TemporaryDirectory() as home:
        transcript = run(environment(command.resolve().parent, home))
    if TEMPORARY in transcript or PASSWORD in transcript:
        sys.exit("a password was shown")
    before, rest = README.read_text().split(BEGIN)
    written, after = rest.split(END)
    block = f"```console\n{transcript}```\n"
    if arguments.write:
        README.write_text(before + BEGIN + block + END + after)
    elif written != block:
        sys.exit(f"README.md shows another session than this; --write takes it over:\n{block}")


def build():
    command = ["cargo", "build", "--quiet", "--locked", "--package", "cognito-idp-cli"]
    subprocess.run(command, cwd=HERE, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target")) / "debug" / "cognito-idp"


def environment(binaries, home):
    url = os.environ["COGNITO_LIVE_MINISTACK_URL"]
    return {
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "PS1": PROMPT,
        "TERM": "dumb",
        "HOME": home,
        "XDG_STATE_HOME": home,
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": os.environ["COGNITO_LIVE_MINISTACK_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["COGNITO_LIVE_MINISTACK_SECRET_ACCESS_KEY"],
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def run(environment):
    terminal = Terminal(environment)
    transcript = ""
    for line, answers in SESSION:
        shown = terminal.run(line, answers)
        transcript += f"$ {wrapped(line)}\n{shown}"
    ids = [terminal.run(f"echo ${name}", []).strip() for name in ("pool", "client")]
    for found, example in zip(ids, ("us-east-1_Example1", "1example23456789")):
        transcript = transcript.replace(found, example)
    return replaced(transcript, environment["AWS_ENDPOINT_URL"])


def wrapped(line):
    """A long line as one would write it."""
    parts = line.split(" --explicit-auth-flows ")
    return " \\\n    --explicit-auth-flows ".join(parts)


def replaced(transcript, url):
    transcript = re.sub(r"\x1b\[[\d;]*m", "", transcript)
    transcript = re.sub(r" +\n", "\n", transcript)
    time_now = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
    times = iter(["2026-11-26T10:00:00Z", "2026-11-26T11:00:00Z"])
    transcript = re.sub(time_now, lambda _: next(times), transcript)
    transcript = transcript.replace(url, "https://cognito-idp.us-east-1.amazonaws.com")
    return re.sub(r"(passed       key        ).*", r"\1key-1", transcript)


main()
