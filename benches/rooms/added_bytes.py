#!/usr/bin/env python3
"""Tells what each room of the crate adds to a program that signs in, built for size, in bytes.

    benches/rooms/added_bytes.py

Needs binutils. Builds under target/rooms, one program after another.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "compare"))
import measure  # noqa: E402

HERE = Path(__file__).resolve().parent
WORK = HERE.parent.parent / "target" / "rooms"
ROOMS = ("signed-in-user", "managed-login", "client-tokens", "edit", "export", "import")


def main():
    for room, added in added_bytes().items():
        print(f"{room:<16} {added:>9,}")


def added_bytes():
    """What each room adds, by its name."""
    without = size(None)
    return {room: size(room) - without for room in ROOMS}


def size(room):
    features = ["--features", room] if room else []
    command = ["cargo", "build", "--locked", "--quiet", "--profile", "size", *features]
    environment = os.environ | {"CARGO_TARGET_DIR": str(WORK), "CARGO_INCREMENTAL": "0"}
    subprocess.run(command, cwd=HERE, check=True, env=environment)
    return measure.filled(WORK / "size" / "rooms")


if __name__ == "__main__":
    main()
