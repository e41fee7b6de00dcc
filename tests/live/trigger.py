"""The Lambda triggers of a CUSTOM_AUTH sign-in, which asks what 6 times 7 is, and of a token.

After SRP, if the sign-in begins with it, the user has two tries. What the client says of its tenant becomes
a claim.
"""


def handler(event, context):
    source = event["triggerSource"].split("_")[0]
    event["response"].update(TRIGGERS[source](event["request"]))
    return event


def define(request):
    session = request["session"]
    answers = [step["challengeResult"] for step in session if step["challengeName"] == "CUSTOM_CHALLENGE"]
    if session and session[-1]["challengeName"] == "SRP_A":
        return challenge("PASSWORD_VERIFIER")
    if any(answers):
        return {"issueTokens": True, "failAuthentication": False}
    if len(answers) < 2:
        return challenge("CUSTOM_CHALLENGE")
    return {"issueTokens": False, "failAuthentication": True}


def challenge(name):
    return {"challengeName": name, "issueTokens": False, "failAuthentication": False}


def create(request):
    return {
        "publicChallengeParameters": {"question": "6 times 7"},
        "privateChallengeParameters": {"answer": "42"},
    }


def verify(request):
    return {"answerCorrect": request["challengeAnswer"] == request["privateChallengeParameters"]["answer"]}


def token(request):
    claims = {"tenant": request.get("clientMetadata", {}).get("tenant")}
    return {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": {"claimsToAddOrOverride": claims}}}


TRIGGERS = {
    "DefineAuthChallenge": define,
    "CreateAuthChallenge": create,
    "VerifyAuthChallengeResponse": verify,
    "TokenGeneration": token,
}
