#!/usr/bin/env python3
"""Takes the same users out of a pool and into another one: this crate, cognito-backup-restore, a boto3 script.

    tests/live/servers.sh python3 benches/bulk_tools/compare.py [USERS]    measures, 10,000 users by default
    python3 benches/bulk_tools/compare.py picture | table                  draws or prints the last results

cognito-backup-restore waits two seconds for each user that it restores, five and a half hours for 10,000; that limit
is lifted here, so its time is what it would be without. Counts calls at a proxy in between, CPU time and peak memory of the tool, and holds the pool that was filled to the
one that was read. MiniStack has no quotas and is the slowest part, so the times tell how much a tool has under way
at once, not what an account allows. Results go to results.json and docs/bulk.svg. Needs npm and node.
"""

import collections
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"
PICTURE = ROOT / "docs" / "bulk.svg"
WORK = ROOT / "target" / "bulk_tools"
NPM_TOOL = "cognito-backup-restore@1.3.2"
# boto3 stands in the environment of the live tests' servers.
PYTHON = ROOT / "target" / "live" / "moto" / "bin" / "python"
GROUPS = (2, 5, 50)
PASSWORD = "P@ssw0rd-1"


def main():
    if sys.argv[1:] == ["picture"]:
        return PICTURE.write_text(picture(json.loads(RESULTS.read_text())))
    if sys.argv[1:] == ["table"]:
        return print(table(json.loads(RESULTS.read_text())))
    if sys.executable != str(PYTHON):
        os.execv(PYTHON, [str(PYTHON), __file__, *sys.argv[1:]])
    users = int(sys.argv[1]) if sys.argv[1:] else 10_000
    WORK.mkdir(parents=True, exist_ok=True)
    build()
    proxy = Proxy(os.environ["COGNITO_LIVE_MINISTACK_URL"])
    environment = os.environ | {
        "AWS_ENDPOINT_URL": proxy.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": os.environ["COGNITO_LIVE_MINISTACK_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["COGNITO_LIVE_MINISTACK_SECRET_ACCESS_KEY"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "TOOL": str(WORK / "node_modules" / "cognito-backup-restore"),
        "NODE_OPTIONS": f"--require {HERE / 'at_endpoint.js'}",
    }
    os.environ.update({name: environment[name] for name in environment if name.startswith("AWS_")})
    os.environ["AWS_ENDPOINT_URL"] = environment["COGNITO_LIVE_MINISTACK_URL"]
    source = filled_pool(users)
    wanted = contents(source)
    results = {"users": users, "memberships": len(wanted["memberships"]), "tools": {}}
    for name, commands in tools().items():
        results["tools"][name] = measured(name, commands, source, wanted, proxy, environment)
        print(name, json.dumps(results["tools"][name], indent=1), flush=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    PICTURE.write_text(picture(results))


def build():
    subprocess.run(["cargo", "build", "--release", "--quiet", "--target-dir", WORK / "cargo"], cwd=HERE, check=True)
    if not (WORK / "node_modules").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", NPM_TOOL], cwd=WORK, check=True)


def tools():
    """Each as the commands that export and import, given pool and file."""
    ours = WORK / "cargo" / "release" / "bulk_tools"
    npm = WORK / "node_modules" / ".bin" / "cbr"
    access = ["--env", "--region", "us-east-1"]
    return {
        "cognito-idp": (
            lambda pool, folder: [ours, "export", pool, folder / "users.jsonl"],
            lambda pool, folder, _: [ours, "import", pool, folder / "users.jsonl"],
        ),
        "cognito-backup-restore": (
            lambda pool, folder: [npm, "backup", *access, "--pool", pool, "--dir", folder],
            lambda pool, folder, source: [
                npm, "restore", *access, "--pool", pool, "--file", folder / f"{source}.json", "--pwd", PASSWORD,
            ],
        ),
        "boto3 script": (
            lambda pool, folder: [PYTHON, HERE / "with_boto3.py", "export", pool, folder / "users.jsonl"],
            lambda pool, folder, _: [PYTHON, HERE / "with_boto3.py", "import", pool, folder / "users.jsonl"],
        ),
    }


def measured(name, commands, source, wanted, proxy, environment):
    folder = WORK / re.sub(r"\W", "-", name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    target = cognito().create_user_pool(PoolName="target")["UserPool"]["Id"]
    taken_out = run(commands[0](source, folder), proxy, environment)
    taken_in = run(commands[1](target, folder, source), proxy, environment)
    found = contents(target)
    lost = {
        "users": len(wanted["users"].keys() - found["users"].keys()),
        "attributes": differing(wanted, found, "attributes"),
        "status": differing(wanted, found, "status"),
        "enabled": differing(wanted, found, "enabled"),
        "groups": len(wanted["groups"] - found["groups"]),
        "memberships": len(wanted["memberships"] - found["memberships"]),
    }
    return {"export": taken_out, "import": taken_in, "lost": lost}


def differing(wanted, found, member):
    users = wanted["users"].keys() & found["users"].keys()
    return sum(wanted["users"][name][member] != found["users"][name][member] for name in users)


def run(command, proxy, environment):
    """What a command took; its output is kept for those who look."""
    proxy.calls.clear()
    began = time.monotonic()
    with open(WORK / "last.log", "ab") as log:
        child = subprocess.Popen([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=log)
        peak = Peak(child.pid)
        _, status, used = os.wait4(child.pid, 0)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_megabytes": round(peak.kilobytes / 1024, 1),
        "calls": dict(sorted(proxy.calls.items())),
    }


class Peak:
    """The peak memory of a program, looked up while it runs: what the system tells in the end counts ours before it too."""

    def __init__(self, process):
        self.kilobytes = 0
        self.process = process
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            try:
                status = Path(f"/proc/{self.process}/status").read_text()
            except OSError:
                return
            found = re.search(r"VmHWM:\s+(\d+)", status)
            if not found:
                return
            self.kilobytes = int(found[1])
            time.sleep(0.01)


def filled_pool(users):
    """Users with everything that a tool could lose."""
    client = cognito()
    pool = client.create_user_pool(PoolName="source")["UserPool"]["Id"]
    for number in GROUPS:
        client.create_group(UserPoolId=pool, GroupName=f"every-{number}", Description=f"Every {number}th", Precedence=number)
    for number in range(users):
        name = f"user-{number:05}"
        client.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS", UserAttributes=[
            {"Name": "email", "Value": f"u{number}@example.com"}, {"Name": "email_verified", "Value": "true"},
            {"Name": "name", "Value": f'Zoë "{number}", of\n{number}'}])
        client.admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
        if number % 7 == 3:
            client.admin_disable_user(UserPoolId=pool, Username=name)
        for group in GROUPS:
            if number % group == 0:
                client.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=f"every-{group}")
    return pool


def contents(pool):
    client = cognito()
    users, groups, memberships = {}, set(), set()
    for page in client.get_paginator("list_users").paginate(UserPoolId=pool):
        for user in page["Users"]:
            attributes = {a["Name"]: a["Value"] for a in user["Attributes"] if a["Name"] != "sub"}
            users[user["Username"]] = {"attributes": attributes, "status": user["UserStatus"], "enabled": user["Enabled"]}
    for page in client.get_paginator("list_groups").paginate(UserPoolId=pool):
        for group in page["Groups"]:
            name = group["GroupName"]
            groups.add((name, group.get("Description"), group.get("Precedence")))
            members = client.get_paginator("list_users_in_group").paginate(UserPoolId=pool, GroupName=name)
            memberships |= {(name, user["Username"]) for page in members for user in page["Users"]}
    return {"users": users, "groups": groups, "memberships": memberships}


def cognito():
    import boto3

    return boto3.client("cognito-idp")


class Proxy:
    """Passes bytes on and counts the calls among them."""

    TARGET = re.compile(rb"x-amz-target: *AWSCognitoIdentityProviderService\.(\w+)", re.IGNORECASE)

    def __init__(self, url):
        host, port = url.removeprefix("http://").rstrip("/").split(":")
        self.server = (host, int(port))
        self.calls = collections.Counter()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.server)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.pass_on, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, client, False), daemon=True).start()

    def pass_on(self, source, target, counts):
        rest = b""
        try:
            while data := source.recv(65536):
                target.sendall(data)
                if counts:
                    # A header may be cut in two.
                    rest += data
                    found = list(self.TARGET.finditer(rest + b"\n"))
                    whole = [match for match in found if match.end() < len(rest)]
                    self.calls.update(match[1].decode() for match in whole)
                    rest = rest[max(whole[-1].end() if whole else 0, len(rest) - 200):] if whole else rest[-200:]
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def table(results):
    """The results as docs/users-in-bulk.md has them."""

    def cells(label, value):
        return [label, *(value(tool) for tool in results["tools"].values())]

    def lost(member):
        return cells(f"lost: {member}", lambda tool: f"{tool['lost'][member]:,}")

    def both(label, member, form):
        return cells(label, lambda tool: " + ".join(form.format(tool[job][member]) for job in ("export", "import")))

    rows = [
        ["", *(f"`{name}`" if "-" in name else name for name in results["tools"])],
        ["---"] * (len(results["tools"]) + 1),
        cells("calls, out + in", lambda tool: " + ".join(f"{sum(tool[job]['calls'].values()):,}" for job in ("export", "import"))),
        both("seconds, out + in", "seconds", "{:.1f}"),
        both("CPU seconds, out + in", "cpu_seconds", "{:.2f}"),
        both("peak memory in MB, out + in", "peak_megabytes", "{:.0f}"),
        *(lost(member) for member in next(iter(results["tools"].values()))["lost"]),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def picture(results):
    """Bars for each tool; dark or light as its page is."""
    tools = results["tools"]

    def both(member):
        return lambda tool: tool["export"][member] + tool["import"][member]

    rows = (
        ("time, seconds", both("seconds"), "{:.0f}"),
        ("CPU, seconds", both("cpu_seconds"), "{:.1f}"),
        ("peak memory, MB", lambda tool: max(tool["export"]["peak_megabytes"], tool["import"]["peak_megabytes"]), "{:.0f}"),
        ("things lost", lambda tool: sum(tool["lost"].values()), "{:,}"),
    )
    left, width, bar = 150, 340, 17
    step = bar * len(tools) + 14
    height = step * len(rows) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 {height}" width="660" height="{height}" role="img">',
        f"<title>{results['users']:,} users out of a pool and into another</title>",
        "<style>",
        "text { font: 13px system-ui, sans-serif; fill: #1f2328 } .t0 { fill: #0969da } .t1 { fill: #afb8c1 } .t2 { fill: #d0a45c }",
        "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .t0 { fill: #4493f8 } .t1 { fill: #656c76 } .t2 { fill: #9e7a3a } }",
        "</style>",
    ]
    for row, (label, value, form) in enumerate(rows):
        top = row * step + 6
        values = [value(tool) for tool in tools.values()]
        lines.append(f'<text x="{left - 12}" y="{top + step / 2}" text-anchor="end">{label}</text>')
        for place, number in enumerate(values):
            y, length = top + place * bar, width * number / (max(values) or 1)
            lines.append(f'<rect class="t{place}" x="{left}" y="{y}" width="{length:.1f}" height="{bar - 2}" rx="2"/>')
            lines.append(f'<text x="{left + length + 6:.1f}" y="{y + 12}">{form.format(number)}</text>')
    for place, (name, x) in enumerate(zip(tools, (left, left + 120, left + 315))):
        lines.append(f'<rect class="t{place}" x="{x}" y="{height - 24}" width="12" height="12" rx="2"/>')
        lines.append(f'<text x="{x + 18}" y="{height - 13}">{name}</text>')
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    main()
