#!/usr/bin/env python3
"""Writes service-model.json anew from the newest botocore, and lists what changed.

    python3 tests/data/update_model.py           # exit 0: nothing changed; 1: see the list; 2: no botocore to be had
    python3 tests/data/update_model.py --check   # the same, but leaves the file as it is

The file holds the facts of AWS's service model that the conformance test compares with: no prose, no
patterns. Then run `cargo test --test conformance`: it names what the crate lacks. CONTRIBUTING.md says how
to go on.
"""

import argparse
import gzip
import importlib.metadata
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODEL = HERE / "service-model.json"
ENVIRONMENT = HERE.parents[1] / "target" / "botocore"
FETCHED = ENVIRONMENT / "newest"
COMING = ENVIRONMENT / "coming"
SERVICE = "cognito-idp/2016-04-18"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="only list, do not write")
    arguments.add_argument("--model", type=Path, help="facts to compare with, in place of the newest botocore's")
    arguments = arguments.parse_args()

    try:
        model = json.loads(arguments.model.read_text()) if arguments.model else facts(newest_botocore())
    except subprocess.SubprocessError as error:
        print(f"The newest botocore cannot be had, so nothing was compared: {error}")
        sys.exit(2)
    drift = list(differences(json.loads(MODEL.read_text()) if MODEL.exists() else {}, model))
    if not arguments.check:
        MODEL.write_text(text(model))

    print(f"{model['source']}: {len(drift) or 'no'} change{'s' * (len(drift) != 1)}")
    for line in drift:
        print(line)
    sys.exit(1 if drift else 0)


def newest_botocore():
    """The directory of the service in a fresh botocore, and botocore's version."""
    venv.create(ENVIRONMENT, with_pip=True)
    # Anew each time: of a package that is there, pip says without asking that it is the newest. And beside
    # the one that is there, which stays if there is none to be had.
    shutil.rmtree(COMING, ignore_errors=True)
    python = ENVIRONMENT / "bin" / "python"
    install = "-m pip install --quiet --disable-pip-version-check --no-deps botocore --target"
    subprocess.run([python, *install.split(), COMING], check=True, timeout=300)
    shutil.rmtree(FETCHED, ignore_errors=True)
    COMING.rename(FETCHED)
    return fetched_botocore()


def fetched_botocore():
    """The same of the botocore that was fetched last; None if there is none."""
    # Looked up, not imported: importing would need botocore's own dependencies.
    for found in importlib.metadata.distributions(name="botocore", path=[str(FETCHED)]):
        return FETCHED / "botocore" / "data" / SERVICE, found.version
    return None


def facts(botocore):
    directory, version = botocore
    service = read(directory, "service-2.json")
    return {
        "source": f"Facts of the service model {SERVICE.replace('/', ' ')}, as packaged in botocore {version}",
        "operations": {name: operation(o) for name, o in sorted(service["operations"].items())},
        "paginators": {
            name: {key: pages[key] for key in ("input_token", "output_token", "result_key")}
            for name, pages in sorted(read(directory, "paginators-1.json")["pagination"].items())
        },
        "shapes": {name: shape(s) for name, s in sorted(service["shapes"].items())},
    }


def read(directory, name):
    packed = directory / f"{name}.gz"
    return json.loads(gzip.decompress(packed.read_bytes()) if packed.exists() else (directory / name).read_text())


def operation(o):
    """An operation's input and output shape, its errors, and whether it goes without a signature."""
    kept = {key: o[key]["shape"] for key in ("input", "output") if key in o}
    # The model names an error twice where AWS did.
    kept["errors"] = sorted({error["shape"] for error in o["errors"]})
    if o.get("authtype") == "none":
        kept["no_auth"] = True
    return kept


def shape(s):
    kept = {"type": s["type"]}
    for flag in ("document", "exception", "sensitive"):
        if s.get(flag):
            kept[flag] = True
    if "enum" in s:
        kept["enum"] = s["enum"]
    # How long a text or list is, or how large a number.
    for limit in ("min", "max"):
        if limit in s:
            kept[limit] = s[limit]
    for part in ("key", "value", "member"):
        if part in s:
            kept[part] = s[part]["shape"]
    if "members" in s:
        kept["members"] = {name: member["shape"] for name, member in s["members"].items()}
    if s.get("required"):
        kept["required"] = sorted(s["required"])
    return kept


def differences(old, new):
    before, after = set(statements(old)), set(statements(new))
    for statement in sorted(before ^ after):
        yield f"{'+' if statement in after else '-'} {statement}"


def statements(model):
    """The model as sentences, each of which is there or not."""
    for name, o in model.get("operations", {}).items():
        yield f"operation {name}"
        yield from (f"operation {name}: {key} {o[key]}" for key in ("input", "output") if key in o)
        yield from (f"operation {name}: error {error}" for error in o["errors"])
        yield f"operation {name}: {'not signed' if o.get('no_auth') else 'signed'}"
    for name, pages in model.get("paginators", {}).items():
        yield f"operation {name}: pages {pages['result_key']} by {pages['input_token']} and {pages['output_token']}"
    for name, s in model.get("shapes", {}).items():
        yield f"shape {name}"
        yield f"shape {name}: type {s['type']}"
        yield from (f"shape {name}: {flag}" for flag in ("document", "exception", "sensitive") if s.get(flag))
        yield from (f"shape {name}: value {value}" for value in s.get("enum", []))
        yield from (f"shape {name}: {limit} {s[limit]}" for limit in ("min", "max") if limit in s)
        yield from (f"shape {name}: {part} {s[part]}" for part in ("key", "value", "member") if part in s)
        yield from (f"shape {name}: member {member}: {target}" for member, target in s.get("members", {}).items())
        yield from (f"shape {name}: member {member} is required" for member in s.get("required", []))


def text(model):
    """JSON with one line per operation and shape, so that a diff can be read."""
    sections = []
    for section, content in model.items():
        if isinstance(content, str):
            sections.append(f" {json.dumps(section)}: {json.dumps(content)}")
        else:
            lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in content.items())
            sections.append(f" {json.dumps(section)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


if __name__ == "__main__":
    main()
