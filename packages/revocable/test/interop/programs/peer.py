"""PyJWT as a peer: a question on stdin, its answer on stdout, both JSON."""
import base64
import json
import sys

import jwt

question = json.load(sys.stdin)


def key(job, half):
    if "secret" not in job:
        return job[half]
    return base64.urlsafe_b64decode(job["secret"] + "==")


def sign(job):
    return jwt.encode(job["claims"], key(job, "privatePem"), algorithm=job["alg"])


def verify(job):
    try:
        return jwt.decode(job["token"], key(job, "publicPem"), algorithms=[job["alg"]], audience="api")
    except jwt.InvalidTokenError:
        return None


if question["do"] == "algs":
    answer = [name for name in jwt.algorithms.get_default_algorithms() if name != "none"]
else:
    work = {"sign": sign, "verify": verify}[question["do"]]
    answer = [work(job) for job in question["jobs"]]
json.dump(answer, sys.stdout)
