import json
import sys

from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests_oauthlib import OAuth2Session

given = json.loads(sys.argv[1])
issuer, key, secret = given["issuer"], given["key"], given.get("secret")
redirect_uri, scope = given["redirectUrl"], given["scope"].split(" ")
# A public app has no secret, and sends its client_id.
auth = (key, secret) if secret else None
identity = {} if secret else {"client_id": key}


def status(token):
    headers = {"authorization": f"Bearer {token['access_token']}"}
    return session.get(given["api"], headers=headers, withhold_token=True).status_code


def revoke(token):
    url, headers, body = session._client.prepare_token_revocation_request(issuer + "/revoke", token, None, **identity)
    session.post(url, headers=headers, data=body, auth=auth, withhold_token=True).raise_for_status()


def report(**seen):
    print(json.dumps(seen))


if given["flow"] == "app":
    client = BackendApplicationClient(client_id=key)
    session = OAuth2Session(client=client, redirect_uri=redirect_uri, scope=scope)
    try:
        token = session.fetch_token(issuer + "/token", client_secret=secret)
    except OAuth2Error as error:
        report(error=error.error)
        sys.exit()
    first = status(token)
    revoke(token["access_token"])
    report(scope=" ".join(token["scope"]), status=first, afterRevocation=status(token))
else:
    session = OAuth2Session(key, redirect_uri=redirect_uri, scope=scope, pkce="S256")
    url, state = session.authorization_url(issuer + "/authorize")
    print(url, flush=True)
    callback = sys.stdin.readline().strip()
    token = session.fetch_token(issuer + "/token", authorization_response=callback, client_secret=secret)
    first = status(token)
    refreshed = session.refresh_token(issuer + "/token", token["refresh_token"], auth=auth, **identity)
    statuses = [first, status(refreshed)]
    revoke(refreshed["refresh_token"])
    report(
        scope=" ".join(refreshed["scope"]),
        statuses=statuses,
        isRotated=token["refresh_token"] != refreshed["refresh_token"],
        afterRevocation=status(refreshed),
    )
