#!/usr/bin/env python3
"""Prints the declarations of operations as src/operation wants them, with the docs left to write.

    python3 tests/data/declare.py DescribeCIMDPolicy ListCIMDPolicies

It takes names, types, order and errors from the service model that update_model.py fetched last. What no
model says is left open, so that it does not compile: each `///` wants its sentence, each RETRY its class.
Shapes and enums that src/ declares already are left out.
"""

import json
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import update_model  # noqa: E402

SOURCE = Path(__file__).resolve().parents[2] / "src"
BEYOND = json.loads((update_model.HERE / "beyond-the-model.json").read_text())
WIDTH = 100
TYPES = {
    "boolean": "bool", "blob": "Blob", "double": "f64", "float": "f32", "integer": "i32", "long": "i64",
    "string": "String", "timestamp": "Timestamp",
}  # fmt: skip


def main():
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    directory, version = update_model.fetched_botocore() or update_model.newest_botocore()
    model = update_model.read(directory, "service-2.json")
    print(f"// From botocore {version}.")
    shapes = []
    for name in sys.argv[1:]:
        if name not in model["operations"]:
            sys.exit(f"botocore {version} has no operation {name}")
        print(operation(model, name, shapes))
    for shape in shapes:
        print(declaration(model, shape, shapes))


def operation(model, name, shapes):
    o = model["operations"][name]
    auth = "NoAuth" if o.get("authtype") == "none" else "SigV4"
    errors = sorted({rust(error["shape"].removesuffix("Exception")) for error in o["errors"]})
    lines = ["operation! {", "    ///", f"    {name}: {auth}, RETRY;", "    errors {", *wrapped(errors), "    }"]
    lines += pages(model, o, shapes)
    for kind in ("input", "output"):
        label = {"input": "request", "output": "response"}[kind]
        # Some operations answer nothing; their answer has no shape.
        shape = o[kind]["shape"] if kind in o else None
        body = members(model, shape, shapes) if shape else []
        lines += block(f"    {label} {rust(shape or name + label.capitalize())}", body)
    return "\n".join([*lines, "}", ""])


def block(head, lines):
    lines = list(lines)
    return [f"{head} {{", *lines, "    }"] if lines else [f"{head} {{}}"]


def pages(model, o, shapes):
    """AWS's own list of paginators forgets some, so whatever takes a token and gives one comes in pages."""
    shapes_of = [model["shapes"].get(o.get(kind, {}).get("shape"), {}) for kind in ("input", "output")]
    request, answer = (shape.get("members", {}) for shape in shapes_of)
    for token in ("NextToken", "PaginationToken"):
        if token in request and token in answer:
            items = [(n, m["shape"]) for n, m in answer.items() if model["shapes"][m["shape"]]["type"] == "list"]
            yield from (f"    pages {{ {snake(n)}: {type_of(model, s, shapes)}, {snake(token)} }}" for n, s in items)


def declaration(model, name, shapes):
    shape = model["shapes"][name]
    if "enum" in shape:
        values = [f'        ///\n        {rust_constant(value)} = "{value}",' for value in shape["enum"]]
        return "\n".join(["string_enum! {", "    ///", f"    {rust(name)} {{", *values, "    }", "}", ""])
    body = members(model, name, shapes)
    return "\n".join(["structure! {", "    ///", f"    {rust(name)} {{", *body, "    }", "}", ""])


def of_requests(model):
    """The shapes that a request can hold."""
    found, left = set(), [o["input"]["shape"] for o in model["operations"].values()]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            shape = model["shapes"][name]
            parts = [shape.get(part) for part in ("member", "value")] + list(shape.get("members", {}).values())
            left += [part["shape"] for part in parts if part]
    return found


def members(model, shape_name, shapes):
    is_request = shape_name in of_requests(model)
    shape = model["shapes"][shape_name]
    is_sensitive = shape.get("sensitive") or shape_name in BEYOND["sensitive"]["shapes"]
    required = shape.get("required", [])
    sections = {"required": [], "optional": [], "lists": [], "maps": []}
    for name, target in sorted(shape["members"].items(), key=rank):
        target = model["shapes"][target["shape"]]
        item = type_of(model, shape["members"][name]["shape"], shapes)
        if is_sensitive or f"{shape_name}.{name}" in BEYOND["sensitive"]["members"]:
            item = sensitive(item)
        section = {"list": "lists", "map": "maps"}.get(target["type"], "optional")
        # An answer without a list that the model requires is read all the same.
        if name in required and (is_request or section == "optional"):
            item = required_type(item, target["type"])
            section = "required"
        field = "r#type" if name == "Type" else snake(name)
        wire = "" if pascal(field) == name else f' = "{name}"'
        sections[section].append(f"            ///\n            {field}: {item}{wire},")
    for section, lines in sections.items():
        if lines:
            yield from (f"        {section} {{", *lines, "        }")


def required_type(item, kind):
    """What a constructor takes: any list of texts or attributes, since callers have those in many forms."""
    if kind == "map":
        return f"{item} as map"
    if kind == "list":
        return f"{item} as list" if item in ("String", "AttributeType") else f"Vec<{item}>"
    return item


def rank(member):
    """Where constructors take a member: first what beyond-the-model.json lists, then the rest as it comes."""
    first = BEYOND["constructors"]["first"]
    return first.index(member[0]) if member[0] in first else len(first)


def type_of(model, name, shapes):
    """The Rust type of a shape; of a list or map that of its items."""
    shape = model["shapes"][name]
    is_sensitive = shape.get("sensitive") or name in BEYOND["sensitive"]["shapes"]
    if shape["type"] in ("list", "map"):
        item = type_of(model, shape["member" if shape["type"] == "list" else "value"]["shape"], shapes)
        return sensitive(item) if is_sensitive else item
    if shape.get("document"):
        return sensitive("serde_json::Value") if is_sensitive else "serde_json::Value"
    if "enum" in shape or shape["type"] == "structure":
        if name not in shapes and not is_declared(rust(name)):
            shapes.append(name)
        return rust(name)
    type_ = TYPES[shape["type"]]
    return sensitive(type_) if is_sensitive else type_


def sensitive(type_):
    return type_ if type_.startswith("Sensitive<") else f"Sensitive<{type_}>"


def is_declared(name):
    declared = re.compile(rf"^    (strict |output )*{name} \{{", re.MULTILINE)
    return any(declared.search(path.read_text()) for path in SOURCE.rglob("*.rs"))


def wrapped(names):
    lines, line = [], " " * 7
    for name in names:
        if len(line) + 1 + len(name) > WIDTH:
            lines.append(line)
            line = " " * 7
        line += f" {name}"
    return [*lines, line]


def words(name):
    """`ClientMetadataURLs` is Client, Metadata, URLs."""
    return re.findall(r"OAuth|[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+", name)


def rust(name):
    return "".join(word if word == "OAuth" else word.capitalize() for word in words(name))


def snake(name):
    return "_".join(word.lower() for word in words(name))


def pascal(field):
    return "".join(word.capitalize() for word in field.split("_"))


def rust_constant(value):
    return "".join(word.capitalize() for word in re.split(r"[^A-Za-z0-9]+", value))


if __name__ == "__main__":
    main()
