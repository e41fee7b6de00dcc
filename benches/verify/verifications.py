#!/usr/bin/env python3
"""Measures verification beside jsonwebtoken and Node's aws-jwt-verify: the same tokens, in one run.

    ./verifications.py [speed] [calls] [size] [--rounds N]     by default everything

speed: verifications a second of CPU time, cold (every token anew) and cached; medians.
calls: instructions and allocations of a check, by callgrind. size: bytes that verification adds to a program.
Only ratios within one run mean anything. Needs Linux, valgrind, binutils; Node and npm for its contender.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORK = Path(os.environ.get("COMPARE_DIR", HERE / "target"))
TOKENS, KEYS = WORK / "tokens.txt", WORK / "keys.json"
# Distinct tokens, so that no processor remembers one.
DISTINCT = 1_000
NODE_VERSION = "5.2.1"

sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "compare"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=["speed", "calls", "size", []])
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    sections = arguments.sections or ["speed", "calls", "size"]
    if "speed" in sections:
        print_speed(speed(arguments.rounds))
    if "calls" in sections:
        for name, found in (("cold", per_check([])), ("cached", per_check(["cached"]))):
            print(f"{name:<10} {found['instructions']:>10,.0f} instructions {found['allocations']:>8.1f} allocations")
    if "size" in sections:
        print(f"{added_bytes():,} bytes added to a program built for size")


def speed(rounds):
    """Verifications a second of CPU time of every contender, in turns; the start of a process does not count."""
    make_tokens()
    contenders = {
        "ours, cold": ([binary("ours", "ours")], [], 30_000),
        "ours, cached": ([binary("ours", "ours")], ["cached"], 2_000_000),
        "jsonwebtoken 9, ring": ([binary("theirs", "ring")], [], 30_000),
        "jsonwebtoken 11, aws-lc": ([binary("theirs", "aws-lc")], [], 30_000),
    }
    if shutil.which("npm"):
        subprocess.run(["npm", "install", "--silent", "--no-save"], cwd=HERE, check=True)
        contenders[f"aws-jwt-verify {NODE_VERSION}"] = (["node", HERE / "theirs.mjs"], [], 30_000)
    samples = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, (command, flags, times) in contenders.items():
            start = cpu([*command, TOKENS, KEYS, 0, *flags])
            samples[name].append(times / (cpu([*command, TOKENS, KEYS, times, *flags]) - start))
    return samples


def print_speed(samples):
    best = max(statistics.median(found) for name, found in samples.items() if not name.startswith("ours"))
    for name, found in samples.items():
        median = statistics.median(found)
        spread = f"{min(found):,.0f} to {max(found):,.0f}"
        print(f"{name:<26} {median:>12,.0f} a second and core  {median / best:>6.2f} of the best other  ({spread})")


def per_check(flags):
    """Instructions and allocations of a check: the difference between many and few."""
    import measure as compare

    make_tokens()
    compare.WORK.mkdir(parents=True, exist_ok=True)
    few, many = (2_000, 12_000) if flags else (100, 600)
    command = [binary("ours", "ours"), TOKENS, KEYS]
    first, second = (compare.callgrind([*command, times, *flags]) for times in (few, many))
    return {key: (second[key] - first[key]) / (many - few) for key in first}


def added_bytes():
    """Bytes that verification adds to a program that signs in."""
    import measure as compare

    without, with_it = (compare.filled(binary("without", feature, "size")) for feature in ("ours", "small"))
    return with_it - without


def make_tokens():
    """They live for an hour, so they are made anew."""
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run([binary("tokens", "ours"), TOKENS, KEYS, str(DISTINCT)], check=True)


def binary(program, feature, profile="release"):
    target = WORK / feature
    command = ["cargo", "build", "--locked", "--quiet", "--profile", profile, "--bin", program, "--features", feature]
    environment = os.environ | {"CARGO_TARGET_DIR": str(target), "CARGO_INCREMENTAL": "0"}
    subprocess.run(command, cwd=HERE, check=True, env=environment)
    return target / profile / program


def cpu(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(list(map(str, command)), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
