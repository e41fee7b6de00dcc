#!/usr/bin/env python3
"""Measures this crate beside the AWS SDK: the same small programs, in one run.

    ./measure.py [SECTION...] [--only NAME]   measures (by default everything) and prints the table
    ./measure.py table | readme               prints the last results, in full or as the README does
    ./measure.py picture                      draws them into docs/costs.svg

Sections: operations, crates, build, size, calls, speed, start. Results are kept in results.json; `--only ours`
leaves those of the SDK as they are, to see what a change did. A full run takes about half an hour on two cores, most of it for building the SDK.
Needs Linux, valgrind and the openssl command. Only ratios within one run mean anything.
"""

import argparse
import collections
import contextlib
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PICTURE = HERE.parents[1] / "docs" / "costs.svg"
WORK = Path(os.environ.get("COMPARE_DIR", HERE / "target"))

# Name of a variant: package and flags.
VARIANTS = {
    "ours": ("ours", []),
    "ours, lean": ("ours", ["--no-default-features", "--features", "lean"]),
    "ours, reqwest": ("ours", ["--no-default-features", "--features", "reqwest"]),
    "ours, native-tls": ("ours", ["--no-default-features", "--features", "native-tls"]),
    "ours, no TLS": ("ours", ["--no-default-features", "--features", "no-tls"]),
    "sdk": ("sdk", []),
}
ALLOCATORS = {"malloc", "calloc", "realloc", "aligned_alloc", "memalign", "posix_memalign"}
ROUNDS = 7
# What the programs read besides their arguments, and a machine may have.
OTHERS = ("AWS_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in OTHERS}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, "table", "readme", "picture", []])
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    if arguments.sections in (["table"], ["readme"]):
        return print((table if arguments.sections == ["table"] else readme)(load()))
    if arguments.sections == ["picture"]:
        return PICTURE.write_text(picture(load()))
    chosen = [name for name in VARIANTS if arguments.only in name]
    for name in arguments.sections or SECTIONS:
        results = load()
        results["machine"] = machine()
        merge(results.setdefault(name, {}), SECTIONS[name](chosen))
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(table(load()))


# ---- what is measured ----


def operations(chosen):
    """Operations that can be called, counted in the sources."""
    found = {}
    if "ours" in chosen:
        declared = (path.read_text() for path in (HERE.parents[1] / "src" / "operation").glob("*.rs"))
        found["ours"] = sum(len(re.findall(r"^operation! \{$", text, re.MULTILINE)) for text in declared)
    if "sdk" in chosen:
        command = ["cargo", "metadata", "--locked", "--format-version", "1"]
        metadata = json.loads(subprocess.run(command, cwd=HERE, check=True, capture_output=True).stdout)
        (sdk,) = (p for p in metadata["packages"] if p["name"] == "aws-sdk-cognitoidentityprovider")
        found["sdk"] = len(list((Path(sdk["manifest_path"]).parent / "src" / "operation").glob("*.rs")))
    return found


def crates(chosen):
    """Packages in the normal tree, the crate itself or the SDK's included, programs not."""
    return {name: crate_count(*VARIANTS[name]) for name in chosen}


def build(chosen):
    """CPU seconds of a cold build of the program with one operation."""
    found = {}
    for profile in ("release", "size"):
        for name in of_profile(chosen, profile):
            shutil.rmtree(target(name, profile), ignore_errors=True)
            before = children_cpu()
            cargo_build(name, profile, ["one"])
            found[f"{name}, {profile}"] = children_cpu() - before
            progress(f"built {name}, {profile}: {found[f'{name}, {profile}']:.0f} CPU s")
    return found


def size(chosen):
    """Bytes of the stripped programs."""
    found = {}
    for profile in ("release", "size"):
        for name in of_profile(chosen, profile):
            for program in ("one", "nine", "all"):
                found[f"{name}, {profile}, {program}"] = stripped_size(binary(name, profile, program))
    return found


def calls(chosen):
    """Instructions and allocations of a call, and instructions of making a client."""
    found = {}
    with stub() as url:
        for name in with_programs(chosen):
            program = binary(name, "release", "load")
            for kind in ("signed", "unsigned"):
                found[f"{name}, {kind}"] = per_call(program, url, kind)
            found[f"{name}, construct"] = per_call(program, url, "construct")
    return found


def speed(chosen):
    """Calls a second and core (CPU time of the client alone), and peak memory; medians."""
    count = 10_000
    samples, memory = {}, {}
    with stub() as plain, stub(certificates()) as tls:
        for _ in range(ROUNDS):
            for kind in ("signed", "unsigned", "signed, TLS"):
                for at_once in (1, 64):
                    for name in with_programs(chosen):
                        url = tls if "TLS" in kind else plain
                        command = [binary(name, "release", "load"), url, kind.split(",")[0], count, at_once]
                        cpu, output = run_measured(command)
                        key = f"{name}, {kind}, {at_once}"
                        samples.setdefault(key, []).append(count / cpu)
                        memory.setdefault(key, []).append(int(output))
    return {
        "calls/s/core": {key: statistics.median(values) for key, values in samples.items()},
        "spread": {key: [min(values), max(values)] for key, values in samples.items()},
        "peak RSS, kB": {key: statistics.median(values) for key, values in memory.items()},
    }


def start(chosen):
    """CPU milliseconds that a fresh process spends on a client and on its first HTTPS call, and on a whole
    program with one such call."""
    samples = {}
    with stub(certificates()) as url:
        for _ in range(5 * ROUNDS):
            for name in with_programs(chosen):
                program, _ = run_measured([binary(name, "release", "one"), url])
                _, nanos = run_measured([binary(name, "release", "load"), url, "first"])
                client, call = (int(text) / 1e6 for text in nanos.split())
                for kind, millis in (("program", 1000 * program), ("client", client), ("call", call)):
                    samples.setdefault(f"{name}, {kind}", []).append(millis)
    return {key: statistics.median(values) for key, values in samples.items()}


SECTIONS = {
    "operations": operations,
    "crates": crates,
    "build": build,
    "size": size,
    "calls": calls,
    "speed": speed,
    "start": start,
}


# ---- how ----


def with_programs(chosen):
    """Those that are also run; the others differ in what is linked in, which matters to the size."""
    return [name for name in chosen if name in ("ours", "ours, lean", "ours, reqwest", "sdk")]


def of_profile(chosen, profile):
    return chosen if profile == "size" else with_programs(chosen)


def merge(old, new):
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            merge(old[key], value)
        else:
            old[key] = value


def crate_count(package, flags):
    command = ["cargo", "tree", "--locked", "-p", package, "-e", "normal", "--prefix", "none", "-f", "{p}"]
    tree = subprocess.run([*command, *flags], cwd=HERE, check=True, capture_output=True, text=True).stdout
    packages = {" ".join(line.split()[:2]) for line in tree.splitlines()}
    return len(packages) - 1


def target(name, profile):
    return WORK / f"{name}, {profile}".replace(", ", "-").replace(" ", "-")


def binary(name, profile, program):
    """Builds all programs of the variant, unless that is done."""
    path = target(name, profile) / profile / program
    built = BUILT.setdefault((name, profile), set())
    if program not in built:
        cargo_build(name, profile, [program])
        built.add(program)
    return path


BUILT = {}


def cargo_build(name, profile, programs):
    package, flags = VARIANTS[name]
    bins = [word for program in programs for word in ("--bin", program)]
    command = ["cargo", "build", "--locked", "--quiet", "--profile", profile, "-p", package, *flags, *bins]
    environment = os.environ | {"CARGO_TARGET_DIR": str(target(name, profile)), "CARGO_INCREMENTAL": "0"}
    subprocess.run(command, cwd=HERE, check=True, env=environment)


def stripped_size(path):
    copy = path.with_suffix(".stripped")
    subprocess.run(["strip", "-o", copy, path], check=True)
    return copy.stat().st_size


def filled(path):
    """Bytes of a stripped program without what fills it up to where a page begins.

    That hangs on the last byte before: the name of another folder in it, and there are 4,096 more or less.
    """
    stripped_size(path)
    return len(re.sub(rb"\0{64,}", b"", path.with_suffix(".stripped").read_bytes()))


def per_call(program, url, kind):
    """The difference between many calls and few, so that the start does not count."""
    few, many = (20, 120) if kind == "construct" else (100, 500)
    at_once = [] if kind == "construct" else [1]
    first = callgrind([program, url, kind, few, *at_once])
    second = callgrind([program, url, kind, many, *at_once])
    return {key: (second[key] - first[key]) / (many - few) for key in first}


def callgrind(command):
    """Counts the instructions of a process and its calls of the allocator."""
    out = WORK / "callgrind.out"
    tool = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
    subprocess.run([*tool, *map(str, command)], check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    names, allocator, found = {}, False, {"instructions": 0, "allocations": 0}
    for line in out.read_text().splitlines():
        if match := re.match(r"c?fn=\((\d+)\)(?: (.*))?", line):
            if match[2]:
                names[match[1]] = match[2]
            allocator = line.startswith("cfn") and names[match[1]] in ALLOCATORS
        elif line.startswith("calls=") and allocator:
            found["allocations"] += int(line[6:].split()[0])
        elif line.startswith("totals:"):
            found["instructions"] = int(line.split()[1])
    return found


@contextlib.contextmanager
def stub(files=None):
    arguments = [str(file) for file in files] if files else []
    flags = ["--features", "tls"] if files else []
    environment = os.environ | {"CARGO_TARGET_DIR": str(WORK / ("stub-tls" if files else "stub"))}
    command = ["cargo", "build", "--locked", "--quiet", "--release", "-p", "stub", *flags]
    subprocess.run(command, cwd=HERE, check=True, env=environment)
    path = Path(environment["CARGO_TARGET_DIR"]) / "release" / "stub"
    server = subprocess.Popen([path, "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = int(server.stdout.readline())
        yield f"http{'s' if files else ''}://localhost:{port}"
    finally:
        server.kill()
        server.wait()


def certificates():
    """Makes the stub's certificates and gives their file and that of the key.

    RSA with 2048 bits, issued by an intermediate authority, as is common for AWS's endpoints; nobody looked at
    Cognito's for this. The root is in a file of its own for our programs, which have the web's roots compiled in, and
    among the machine's roots for the SDK's."""
    WORK.mkdir(parents=True, exist_ok=True)
    authority = "basicConstraints=critical,CA:TRUE"
    issue("root", [], authority)
    issue("intermediate", ["-CA", WORK / "root.pem", "-CAkey", WORK / "root.key"], authority)
    by_intermediate = ["-CA", WORK / "intermediate.pem", "-CAkey", WORK / "intermediate.key"]
    issue("stub", by_intermediate, "basicConstraints=critical,CA:FALSE", "subjectAltName=DNS:localhost")
    own, above, root, chain, roots = (
        WORK / f"{name}.pem" for name in ("stub", "intermediate", "root", "chain", "roots")
    )
    chain.write_text(own.read_text() + above.read_text())
    machine_roots = Path("/etc/ssl/certs/ca-certificates.crt")
    roots.write_text((machine_roots.read_text() if machine_roots.exists() else "") + root.read_text())
    return chain, WORK / "stub.key"


def issue(name, issuer, *extensions):
    kind = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    kind += [word for extension in extensions for word in ("-addext", extension)]
    files = ["-keyout", WORK / f"{name}.key", "-out", WORK / f"{name}.pem"]
    subprocess.run(["openssl", "req", "-x509", *kind, *issuer, *files], check=True, capture_output=True)


def run_measured(command):
    """CPU seconds of a process, and what it printed."""
    environment = ENVIRONMENT | {"COMPARE_CA": str(WORK / "root.pem"), "SSL_CERT_FILE": str(WORK / "roots.pem")}
    before = children_cpu()
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, env=environment)
    return children_cpu() - before, done.stdout.strip()


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def machine():
    rustc = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    lock = (HERE / "Cargo.lock").read_text()
    version = re.search(r'name = "aws-sdk-cognitoidentityprovider"\nversion = "(.*?)"', lock)[1]
    return {"cores": os.cpu_count(), "architecture": platform.machine(), "rustc": rustc, "sdk": version}


def load():
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def progress(text):
    print(text, file=sys.stderr, flush=True)


# ---- the tables ----


def table(results):
    rows = [("", "ours", "SDK", "ratio")]
    run = with_programs(list(VARIANTS)[:-1])

    def row(label, ours, sdk, form="{:,.0f}"):
        ratio = f"{ours / sdk:.3f}" if ours and sdk else ""
        rows.append((label, *("" if value is None else form.format(value) for value in (ours, sdk)), ratio))

    if found := dicts(results.get("operations")):
        row("operations", found["ours"], found["sdk"])
    if found := dicts(results.get("crates")):
        for name in list(VARIANTS)[:-1]:
            row(f"crates in the tree ({name})", found[name], found["sdk"])
    if found := dicts(results.get("build")):
        for profile in ("release", "size"):
            for name in of_profile(list(VARIANTS)[:-1], profile):
                row(f"cold build, CPU s, {profile} ({name})", found[f"{name}, {profile}"], found[f"sdk, {profile}"])
    if found := dicts(results.get("size")):
        for profile in ("release", "size"):
            for program in ("one", "nine", "all"):
                for name in of_profile(list(VARIANTS)[:-1], profile):
                    ours, sdk = found[f"{name}, {profile}, {program}"], found[f"sdk, {profile}, {program}"]
                    row(f"stripped bytes, {profile}, {program} ({name})", ours, sdk)
    if found := dicts(results.get("calls")):
        for kind in ("signed", "unsigned"):
            for unit in ("instructions", "allocations"):
                for name in run:
                    ours, sdk = (call and call[unit] for call in (found[f"{name}, {kind}"], found[f"sdk, {kind}"]))
                    row(f"{unit}, {kind} call ({name})", ours, sdk)
        for name in run:
            ours, sdk = (new and new["instructions"] for new in (found[f"{name}, construct"], found["sdk, construct"]))
            row(f"instructions, new client ({name})", ours, sdk)
    if found := dicts(results.get("speed")):
        for unit in ("calls/s/core", "peak RSS, kB"):
            for key, sdk in list(found[unit].items()):
                if key.startswith("sdk, "):
                    kind = key.removeprefix("sdk, ")
                    for name in run:
                        row(f"{unit}, {kind} at once ({name})", found[unit][f"{name}, {kind}"], sdk)
    if found := dicts(results.get("start")):
        labels = {
            "call": "first HTTPS call of a process",
            "client": "making the client before it",
            "program": "the whole program with that call",
        }
        for kind, label in labels.items():
            for name in run:
                row(f"{label}, CPU ms ({name})", found[f"{name}, {kind}"], found[f"sdk, {kind}"], "{:.2f}")
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{a:<{width}} {b:>12} {c:>12} {d:>7}" for a, b, c, d in rows)


def readme(results):
    """The table of the README's section on costs."""
    found = dicts(results)
    lines = ["|  | this crate | with `reqwest` | AWS SDK |  |", "| --- | ---: | ---: | ---: | ---: |"]

    def ratio(factor):
        return f"{factor:.2f}"

    def row(label, values, kind, form, unit=None):
        keys = [", ".join(filter(None, (name, kind))) for name in ("ours", "ours, reqwest", "sdk")]
        ours, reqwest, sdk = (values[key][unit] if unit else values[key] for key in keys)
        ratios = f"{ratio(ours / sdk)} / {ratio(reqwest / sdk)}"
        lines.append("| " + " | ".join((label, form(ours), form(reqwest), form(sdk), ratios)) + " |")

    def thousands(value):
        return f"{value / 1000:,.0f} k"

    def megabytes(value):
        return f"{value / 1e6:.2f} MB"

    def plain(value):
        return f"{value:,.0f}"

    calls, size, speed, start = (found[name] for name in ("calls", "size", "speed", "start"))
    for kind in ("signed", "unsigned"):
        row(f"instructions of a call, {kind}", calls, kind, thousands, "instructions")
    row("allocations of a signed call", calls, "signed", plain, "allocations")
    row("calls a second and core, signed, 64 at once", speed["calls/s/core"], "signed, 64", thousands)
    row("the same over TLS", speed["calls/s/core"], "signed, TLS, 64", thousands)
    row("CPU of the first HTTPS call in a process", start, "call", lambda value: f"{value:.1f} ms")
    row("peak memory, 64 at once", speed["peak RSS, kB"], "signed, 64", lambda value: f"{value / 1000:.1f} MB")
    for program, label in (("one", "one operation"), ("nine", "nine operations"), ("all", "all operations")):
        row(f"stripped program, {label}, built for size", size, f"size, {program}", megabytes)
    row("CPU of a cold release build", found["build"], "release", lambda value: f"{value:.0f} s")
    row("crates in the tree", found["crates"], "", plain)
    ours, sdk = (found["operations"][name] for name in ("ours", "sdk"))
    lines.append(f"| operations | {ours} | {ours} | {sdk} | |")
    native, bare = (megabytes(size[f"ours, {flavour}, size, nine"]) for flavour in ("native-tls", "no TLS"))
    lines += [
        "",
        f"With the system's TLS the program with nine operations has {native}, without TLS {bare}. The SDK is",
        f"`aws-sdk-cognitoidentityprovider` {found['machine']['sdk']}, without `aws-config`.",
    ]
    return "\n".join(lines)


def picture(results):
    """Bars of this crate, lean, beside those of the SDK, which are as long as the picture; dark or light as its page is."""
    size, calls, start, build = (results[name] for name in ("size", "calls", "start", "build"))
    rows = (
        ("program, one operation", size, "size, one", None, lambda value: f"{value / 1e6:.1f} MB"),
        ("program, all operations", size, "size, all", None, lambda value: f"{value / 1e6:.1f} MB"),
        ("instructions of a signed call", calls, "signed", "instructions", lambda value: f"{value / 1000:.0f} k"),
        ("allocations of a signed call", calls, "signed", "allocations", lambda value: f"{value:.0f}"),
        ("first HTTPS call, CPU", start, "call", None, lambda value: f"{value:.1f} ms"),
        ("cold release build, CPU", build, "release", None, lambda value: f"{value:.0f} s"),
    )
    left, width, step = 210, 360, 44
    height = step * len(rows) + 34
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 {height}" width="660" height="{height}" role="img">',
        "<title>What this crate and the AWS SDK cost</title>",
        "<style>",
        "text { font: 13px system-ui, sans-serif; fill: #1f2328 } .ours { fill: #0969da } .sdk { fill: #afb8c1 }",
        "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #4493f8 } .sdk { fill: #656c76 } }",
        "</style>",
    ]
    for number, (label, values, kind, unit, form) in enumerate(rows):
        top = number * step + 4
        ours, sdk = (values[f"{name}, {kind}"] for name in ("ours, lean", "sdk"))
        if unit:
            ours, sdk = ours[unit], sdk[unit]
        lines.append(f'<text x="{left - 12}" y="{top + 22}" text-anchor="end">{label}</text>')
        for bar, (name, value) in enumerate((("ours", ours), ("sdk", sdk))):
            y, length = top + bar * 17, width * value / max(ours, sdk)
            lines.append(f'<rect class="{name}" x="{left}" y="{y}" width="{length:.1f}" height="15" rx="2"/>')
            lines.append(f'<text x="{left + length + 6:.1f}" y="{y + 12}">{form(value)}</text>')
    foot = height - 12
    for x, name, label in ((left, "ours", "cognito-idp"), (left + 120, "sdk", f"AWS SDK {results['machine']['sdk']}")):
        lines.append(f'<rect class="{name}" x="{x}" y="{foot - 11}" width="12" height="12" rx="2"/>')
        lines.append(f'<text x="{x + 18}" y="{foot}">{label}</text>')
    return "\n".join([*lines, "</svg>", ""])


def dicts(values):
    """Nested dictionaries in which what was not measured is None."""
    if not isinstance(values, dict):
        return values
    return collections.defaultdict(lambda: None, {key: dicts(value) for key, value in values.items()})


if __name__ == "__main__":
    main()
