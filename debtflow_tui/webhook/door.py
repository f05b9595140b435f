"""The requests: who may come in, and what they are told. Nothing here knows what an event means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from debtflow_tui.saying import Say
from debtflow_tui.webhook.refusals import Sparing
from debtflow_tui.webhook.writer import Writer
from services.errors import BadInput, DebtFlowError
from services.gateways import signatures
from services.gateways.notices import notice_of
from services.webhooks.intake import KEPT_OF_REFUSED, LARGEST_BODY, Delivery, Intake

READ_WITHIN: Final = 10.0
SWALLOWED: Final = 64 * LARGEST_BODY
"""How much of a body that is too large is read and dropped, so that its sender hears the answer."""

SIGNATURE_HEADERS: Final = {"stripe": "stripe-signature", "paystack": "x-paystack-signature"}
WITHHELD: Final = ("authorization", "cookie", "proxy-authorization")

Secrets = Mapping[str, Sequence[str]]
Now = Callable[[], datetime]


class TooLarge(Exception):
    """The body is beyond the limit: its beginning, and as much of its size as is known."""

    def __init__(self, beginning: bytes, size: int) -> None:
        super().__init__(f"the body is larger than {LARGEST_BODY} bytes")
        self.beginning = beginning
        self.size = size


class Door:
    """Takes deliveries of the providers that there is a secret for."""

    def __init__(self, intake: Intake, secrets: Secrets, say: Say, now: Now = lambda: datetime.now(UTC)) -> None:
        self._intake = intake
        self._secrets = secrets
        self._say = say
        self._now = now
        self._writer = Writer(intake)
        self._refusals = Sparing()

    def app(self) -> Starlette:
        """The ASGI application."""
        doors = [Route(f"/{name}", self._deliver, methods=["POST"], name=name) for name in self._secrets]
        return Starlette(routes=[*doors, Route("/healthz", self._healthy)], lifespan=self._life)

    @asynccontextmanager
    async def _life(self, _app: Starlette) -> AsyncIterator[None]:
        self._writer.start()
        try:
            yield
        finally:
            await asyncio.to_thread(self._writer.stop)

    async def _healthy(self, _request: Request) -> JSONResponse:
        try:
            await asyncio.to_thread(self._intake.ready)
        except DebtFlowError as error:
            return _answer(503, "unavailable", error.message)
        return JSONResponse({"ok": True})

    async def _deliver(self, request: Request) -> JSONResponse:
        provider = request.url.path.strip("/")
        headers = _headers(request)
        signature = ",".join(request.headers.getlist(SIGNATURE_HEADERS[provider])) or None
        try:
            body = await _body(request)
        except TooLarge as error:
            beginning = Delivery(provider, headers, signature, error.beginning, error.size)
            return await self._refuse(beginning, 413, "too_large", str(error))
        except (TimeoutError, ClientDisconnect):
            return _answer(408, "incomplete", "the body did not come")
        delivery = Delivery(provider, headers, signature, body, len(body))
        try:
            self._verify(provider, body, signature)
            notice = notice_of(provider, body)
        except signatures.BadSignature as error:
            return await self._refuse(delivery, 400, f"signature_{error.reason}", str(error))
        except BadInput as error:
            return await self._refuse(delivery, 400, "not_an_event", str(error))
        return await self._keep(Delivery(provider, headers, signature, body, len(body), notice))

    def _verify(self, provider: str, body: bytes, signature: str | None) -> None:
        if provider == "stripe":
            signatures.verify_stripe(body, signature, self._secrets[provider], self._now())
        else:
            signatures.verify_paystack(body, signature, self._secrets[provider])

    async def _keep(self, delivery: Delivery) -> JSONResponse:
        try:
            await self._writer.keep(delivery)
        except DebtFlowError as error:
            return self._away(delivery, error.message)
        except Exception as error:
            return self._away(delivery, f"a bug of ours: {type(error).__name__}: {error}", 500)
        return JSONResponse({"received": True})

    def _away(self, delivery: Delivery, why: str, code: int = 503) -> JSONResponse:
        name = delivery.notice.event_id if delivery.notice else "a refused delivery"
        self._say(f"{delivery.provider} {name} could not be kept: {why}")
        return _answer(code, "unavailable", "it could not be kept; send it again")

    async def _refuse(self, delivery: Delivery, code: int, word: str, why: str) -> JSONResponse:
        more = self._refusals.enter()
        if more is None:
            return _answer(code, word, why)
        told = f"{why}; {more} more refusals before it were not kept one by one" if more else why
        self._say(f"{delivery.provider} refused with {code}: {told}")
        if (await self._keep(replace(delivery, reason=told))).status_code >= 500:
            self._refusals.missed()
        return _answer(code, word, why)


async def _body(request: Request) -> bytes:
    """The whole body; raises TooLarge having read, and dropped, a bounded part of the rest."""
    said = request.headers.get("content-length", "")
    claimed = int(said[:18]) if said.isascii() and said.isdigit() else 0
    if claimed > LARGEST_BODY and "expect" in request.headers:
        raise TooLarge(b"", claimed)  # the sender asked first, and has sent nothing yet
    kept, size = bytearray(), 0
    async with asyncio.timeout(READ_WITHIN):
        async for chunk in request.stream():
            size += len(chunk)
            if max(size, claimed) <= LARGEST_BODY:
                kept += chunk
            elif len(kept) > KEPT_OF_REFUSED:
                del kept[KEPT_OF_REFUSED:]
            elif len(kept) < KEPT_OF_REFUSED:
                kept += chunk[: KEPT_OF_REFUSED - len(kept)]
            if size > SWALLOWED:
                break
    if max(size, claimed) > LARGEST_BODY:
        raise TooLarge(bytes(kept[:KEPT_OF_REFUSED]), max(size, claimed))
    return bytes(kept)


def _headers(request: Request) -> tuple[tuple[str, str], ...]:
    pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    return tuple((name, "(withheld)" if name in WITHHELD else value) for name, value in pairs)


def _answer(code: int, word: str, why: str) -> JSONResponse:
    headers = {"Retry-After": "5"} if code == 503 else {"Connection": "close"} if code in (408, 413) else None
    return JSONResponse({"error": {"code": word, "message": why}}, code, headers)
