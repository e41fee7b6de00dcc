"""Users out and in by boto3, as such a script is usually written: pages into a file, then one call after the other."""

import json
import sys

import boto3

job, pool, path = sys.argv[1:]
cognito = boto3.client("cognito-idp")
if job == "export":
    with open(path, "w") as file:
        for page in cognito.get_paginator("list_users").paginate(UserPoolId=pool):
            for user in page["Users"]:
                file.write(json.dumps(user, default=str) + "\n")
else:
    with open(path) as file:
        for line in file:
            user = json.loads(line)
            cognito.admin_create_user(
                UserPoolId=pool,
                Username=user["Username"],
                UserAttributes=[a for a in user["Attributes"] if a["Name"] != "sub"],
                MessageAction="SUPPRESS",
            )
