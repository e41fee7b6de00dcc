"""What servers.sh cannot do in bash; standard library only, and straight to loopback whatever proxy is set.

    servers.py free-ports COUNT     prints that many free ports
    servers.py ready PORT PATH      succeeds when the server answers 200
    servers.py iam-user PORT        makes a MiniStack user that may do what the tests do; prints "KEY_ID SECRET"
    servers.py trigger PORT         makes a Lambda function of trigger.py; prints its ARN
"""

import base64
import http.client
import io
import json
import pathlib
import re
import socket
import sys
import urllib.parse
import zipfile

USER = "live-tests"
# MiniStack knows the key "test" as root and does not check root's signatures.
ROOT = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, "
    "SignedHeaders=host, Signature=unchecked"
)
ACTIONS = ["cognito-idp:*", "secretsmanager:*", "sts:AssumeRole"]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}],
}


def free_ports(count):
    # All are held until the last is chosen, so that no two are the same.
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(count))]
    print(*(held.getsockname()[1] for held in sockets))


def ready(port, path):
    try:
        status, _ = call(port, "GET", path)
    except (OSError, http.client.HTTPException):
        sys.exit(1)
    sys.exit(status != 200)


def iam_user(port):
    iam(port, "CreateUser", UserName=USER)
    iam(
        port,
        "PutUserPolicy",
        UserName=USER,
        PolicyName="cognito",
        PolicyDocument=json.dumps(POLICY),
    )
    key = iam(port, "CreateAccessKey", UserName=USER)
    print(element(key, "AccessKeyId"), element(key, "SecretAccessKey"))


def trigger(port):
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam(port, "CreateRole", RoleName=USER, AssumeRolePolicyDocument=document)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.write(pathlib.Path(__file__).with_name("trigger.py"), "trigger.py")
    function = {
        "FunctionName": USER,
        "Runtime": "python3.11",
        "Role": element(role, "Arn"),
        "Handler": "trigger.handler",
        "Code": {"ZipFile": base64.b64encode(code.getvalue()).decode()},
    }
    headers = {"Content-Type": "application/json", "Authorization": ROOT.replace("/iam/", "/lambda/")}
    status, answer = call(port, "POST", "/2015-03-31/functions", json.dumps(function), headers)
    if status != 201:
        sys.exit(f"CreateFunction answered {status}: {answer}")
    print(json.loads(answer)["FunctionArn"])


def iam(port, action, **parameters):
    body = urllib.parse.urlencode({"Action": action, "Version": "2010-05-08", **parameters})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": ROOT}
    status, answer = call(port, "POST", "/", body, headers)
    if status != 200:
        sys.exit(f"{action} answered {status}: {answer}")
    return answer


def element(xml, name):
    found = re.search(f"<{name}>([^<]+)</{name}>", xml)
    if not found:
        sys.exit(f"no {name} in the answer")
    return found[1]


def call(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=5)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


COMMANDS = {"free-ports": free_ports, "ready": ready, "iam-user": iam_user, "trigger": trigger}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
