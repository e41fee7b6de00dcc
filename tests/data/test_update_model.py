"""The watch over the service model: python3 -m unittest discover tests/data"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
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

    def test_without_the_registry_it_says_so(self):
        closed = {"PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
        status, output = check(**closed)
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
