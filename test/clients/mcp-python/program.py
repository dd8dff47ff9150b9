import asyncio
import json
import logging
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

given = json.loads(sys.argv[1])
# It logs what come_back raises.
logging.getLogger("mcp.client.auth").setLevel(logging.CRITICAL)


def report(seen):
    print(json.dumps(seen), flush=True)


def next_line():
    return sys.stdin.readline().strip()


class NoUser(Exception):
    """The user does not come back."""


class InMemory:
    """A TokenStorage as the SDK documents it."""

    tokens = None
    client_info = None
    if "clientId" in given:
        client_info = OAuthClientInformationFull(
            client_id=given["clientId"],
            issuer=given["issuer"],
            redirect_uris=[given["redirectUrl"]],
            token_endpoint_auth_method="none",
        )

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client_info

    async def set_client_info(self, client_info):
        self.client_info = client_info


async def open_browser(url):
    report({"url": url})


async def come_back():
    line = next_line()
    if line == "none":
        raise NoUser
    query = {name: values[0] for name, values in parse_qs(urlsplit(line).query).items()}
    return AuthorizationCodeResult(code=query["code"], state=query.get("state"), iss=query.get("iss"))


async def list_tools(auth):
    async with httpx2.AsyncClient(auth=auth) as http_client:
        async with Client(streamable_http_client(given["mcp"], http_client=http_client)) as client:
            return [tool.name for tool in (await client.list_tools()).tools]


def is_caused_by_no_user(error):
    inner = getattr(error, "exceptions", ())
    return isinstance(error, NoUser) or any(is_caused_by_no_user(one) for one in (*inner, error.__cause__) if one)


async def main():
    auth = OAuthClientProvider(
        server_url=given["mcp"],
        client_metadata=OAuthClientMetadata(
            client_name="Assistant",
            redirect_uris=[given["redirectUrl"]],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="none",
        ),
        storage=InMemory(),
        redirect_handler=open_browser,
        callback_handler=come_back,
        client_metadata_url=given.get("documentUrl"),
    )
    for line in iter(next_line, ""):
        if line == "expire":
            auth.context.token_expiry_time = 1
            continue
        try:
            report({"tools": await list_tools(auth)})
        except BaseException as error:
            if not is_caused_by_no_user(error):
                raise


asyncio.run(main())
