"""The watch over the service model: python3 -m unittest discover tests/data"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import declare  # noqa: E402
import update_model  # noqa: E402

TODAY = (HERE / "service-model.json").read_text()


def check(model=None, **environment):
    """The exit status and the output of a check, which leaves the facts as they are."""
    with tempfile.TemporaryDirectory() as directory:
        arguments = []
        if model is not None:
            path = Path(directory) / "model.json"
            path.write_text(model if isinstance(model, str) else json.dumps(model))
            arguments = ["--model", path]
        run = subprocess.run(
            [sys.executable, HERE / "update_model.py", "--check", *arguments],
            capture_output=True,
            env=os.environ | environment,
            text=True,
        )
    assert (HERE / "service-model.json").read_text() == TODAY
    return run.returncode, run.stdout


def fields(declaration):
    """The members of a declaration: name, type and wire name, in any order."""
    without_docs = re.sub(r"///[^\n]*", "", declaration)
    return sorted(re.findall(r"(\S+): ([^\n]+),\n", without_docs))


class Declare(unittest.TestCase):
    def test_what_is_printed_is_what_stands_in_the_source(self):
        fetched = update_model.fetched_botocore()
        if fetched is None:
            self.skipTest("no botocore was fetched; update_model.py --check does that")
        model = update_model.read(fetched[0], "service-2.json")
        source = "".join(path.read_text() for path in declare.SOURCE.rglob("*.rs"))

        def compare(head, printed):
            block = re.compile(rf"\n    {head} \{{(?:\}}|.*?\n    \}})", re.DOTALL)
            stands = block.search(source)
            # What AWS has added since stands nowhere yet.
            if stands:
                self.assertEqual(fields(block.search(printed)[0]), fields(stands[0]), head)
            return bool(stands)

        compared = 0
        for name in model["operations"]:
            printed = declare.operation(model, name, [])
            for head in re.findall(r"\n    ((?:request|response) \w+) ", printed):
                compared += compare(head, printed)
        for name, shape in model["shapes"].items():
            if shape["type"] == "structure" and not shape.get("exception"):
                printed = "\n" + declare.declaration(model, name, [])
                compared += compare(rf"(?:strict |output )*{declare.rust(name)}", printed)
        self.assertGreater(compared, 400)

    def test_a_constructor_takes_the_pool_first(self):
        strings = {"type": "structure", "required": ["MoonId", "UserPoolId"]}
        strings["members"] = {"MoonId": {"shape": "StringType"}, "UserPoolId": {"shape": "StringType"}}
        shapes = {"GetMoonRequest": strings, "StringType": {"type": "string"}}
        model = {"operations": {"GetMoon": {"input": {"shape": "GetMoonRequest"}, "errors": []}}, "shapes": shapes}
        printed = declare.operation(model, "GetMoon", [])
        self.assertLess(printed.index("user_pool_id"), printed.index("moon_id"))
        self.assertIn("    response GetMoonResponse {}", printed)


class Watch(unittest.TestCase):
    def test_a_model_that_has_not_moved_passes(self):
        status, output = check(TODAY)
        self.assertEqual(status, 0)
        self.assertTrue(output.endswith(": no changes\n"), output)

    def test_one_more_operation_fails_and_is_named(self):
        model = json.loads(TODAY)
        model["operations"]["ListMoons"] = model["operations"]["ListUsers"]
        status, output = check(model)
        self.assertEqual(status, 1)
        self.assertIn("+ operation ListMoons\n", output)
        self.assertIn("+ operation ListMoons: signed\n", output)

    def test_every_kind_of_change_is_named(self):
        for change, line in (
            (lambda m: m["operations"].pop("SignUp"), "- operation SignUp"),
            (lambda m: m["operations"]["SignUp"]["errors"].append("MoonException"), "+ operation SignUp: error MoonException"),
            (lambda m: m["operations"]["SignUp"].pop("no_auth"), "+ operation SignUp: signed"),
            (lambda m: m["shapes"]["UserStatusType"]["enum"].append("MOON"), "+ shape UserStatusType: value MOON"),
            (lambda m: m["shapes"]["UserType"]["members"].update(Moon="StringType"), "+ shape UserType: member Moon: StringType"),
            (lambda m: m["shapes"]["SignUpRequest"]["required"].remove("ClientId"), "- shape SignUpRequest: member ClientId is required"),
            (lambda m: m["shapes"]["StringType"].update(sensitive=True), "+ shape StringType: sensitive"),
            (lambda m: m["paginators"].pop("ListUsers"), "- operation ListUsers: pages Users by PaginationToken and PaginationToken"),
        ):
            model = json.loads(TODAY)
            change(model)
            status, output = check(model)
            self.assertEqual(status, 1)
            self.assertIn(line + "\n", output)

    def test_without_the_registry_it_says_so_and_keeps_what_was_fetched(self):
        update_model.FETCHED.mkdir(parents=True, exist_ok=True)
        closed = {"PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
        with tempfile.NamedTemporaryFile(dir=update_model.FETCHED) as kept:
            status, output = check(**closed)
            self.assertTrue(Path(kept.name).exists())
        self.assertEqual(status, 2)
        self.assertIn("nothing was compared", output)

    def test_the_facts_of_a_service_model_leave_out_prose(self):
        with tempfile.TemporaryDirectory() as directory:
            name = {"type": "string", "documentation": "A name.", "max": 9, "sensitive": True}
            request = {"type": "structure", "required": ["Name"], "members": {"Name": {"shape": "NameType"}}}
            service = {
                "operations": {"Greet": {"input": {"shape": "GreetRequest"}, "errors": [], "authtype": "none"}},
                "shapes": {"GreetRequest": request, "NameType": name},
            }
            (Path(directory) / "service-2.json").write_text(json.dumps(service))
            (Path(directory) / "paginators-1.json").write_text('{"pagination": {}}')
            facts = update_model.facts((Path(directory), "1.2.3"))
        self.assertEqual(facts["operations"], {"Greet": {"input": "GreetRequest", "errors": [], "no_auth": True}})
        self.assertEqual(facts["shapes"]["NameType"], {"type": "string", "sensitive": True, "max": 9})
        self.assertTrue(facts["source"].endswith("as packaged in botocore 1.2.3"))


if __name__ == "__main__":
    unittest.main()
