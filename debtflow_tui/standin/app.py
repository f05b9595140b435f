"""The stand-in over HTTP: who may ask, what goes wrong on request, what was answered before, and then the work."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakValueDictionary

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from debtflow_tui.standin import control, form, guard, pages
from debtflow_tui.standin.answers import Answer
from debtflow_tui.standin.api import ROUTES, Act, perform
from debtflow_tui.standin.desk import Desk
from debtflow_tui.standin.faults import Fault
from debtflow_tui.standin.problems import Problem, invalid

LARGEST: Final = 1_000_000


class Line(H11Protocol):
    """A connection that can be hung up on without an answer."""

    open: Final[WeakValueDictionary[tuple[Any, Any], asyncio.Transport]] = WeakValueDictionary()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.open[self.server, self.client] = transport


class Hangup(Exception):
    """No answer: the line goes dead."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Takes the calls of the provider's interface."""

    desk: Desk

    async def __call__(self, request: Request) -> Response:
        try:
            answer = await self._answered(request)
        except Problem as problem:
            answer = Answer(problem.status, problem.body)
        except Hangup:
            return await _hang_up(request)
        headers = {
            "Request-Id": f"req_standin{id(request):x}",
            "Stripe-Version": request.headers.get("stripe-version", ""),
        }
        if key := request.headers.get("idempotency-key"):
            headers["Idempotency-Key"] = key
        if answer.replayed:
            headers["Idempotent-Replayed"] = "true"
        return JSONResponse(answer.body, status_code=answer.status, headers=headers)

    async def _answered(self, request: Request) -> Answer:
        guard.check_caller(request.client.host if request.client else None, request.headers.get("host"))
        guard.check_key(request.headers.get("authorization"))
        body = await request.body()
        if len(body) > LARGEST:
            raise invalid("The request is too large.")
        fault = self.desk.faults.take(request.method, request.url.path)
        await _before(fault)
        encoded = body.decode("utf-8", "replace") if request.method == "POST" else request.url.query
        answer = await self._once(request, encoded, fault)
        await _after(fault)
        return answer

    async def _once(self, request: Request, encoded: str, fault: Fault | None) -> Answer:
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key is None:
            return self._worked(request, encoded, fault)[0]
        path = request.url.path
        if (kept := self.desk.answers.claim(key, path, encoded)) is not None:
            return kept
        try:
            if fault is not None and fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            with self.desk.book.lock:
                answer, begun = self._worked(request, encoded, fault)
                if begun:
                    self.desk.answers.keep(key, path, encoded, answer)
                    self.desk.book.flush()
            return answer
        finally:
            self.desk.answers.release(key)

    def _worked(self, request: Request, encoded: str, fault: Fault | None) -> tuple[Answer, bool]:
        act, provider_id = _found(request)
        try:
            answer = Answer(200, perform(self.desk, act, form.read(encoded), provider_id))
        except Problem as problem:
            return Answer(problem.status, problem.body), problem.kept
        if fault is not None and fault.kind == "500":
            return _broken(), True
        return answer, True


def _found(request: Request) -> tuple[Act, str]:
    return ROUTES[request.method, request.scope["route"].path], request.path_params.get("id", "")


def _broken() -> Answer:
    return Answer(500, {"error": {"type": "api_error", "message": "Something went wrong on the stand-in's end."}})


async def _before(fault: Fault | None) -> None:
    if fault is None:
        return
    if fault.kind == "drop_before":
        raise Hangup
    if fault.kind == "429":
        raise Problem(429, "invalid_request_error", "Too many requests hit the API too quickly.", code="rate_limit")
    if fault.kind == "500" and not fault.done:
        raise Problem(500, "api_error", "Something went wrong on the stand-in's end.")
    if fault.kind == "timeout" and not fault.done:
        await asyncio.sleep(fault.seconds)
        raise Hangup


async def _after(fault: Fault | None) -> None:
    if fault is None or fault.kind not in ("drop_after", "timeout"):
        return
    if fault.kind == "timeout":
        await asyncio.sleep(fault.seconds)
    raise Hangup


async def _hang_up(request: Request) -> Response:
    client, server = request.scope["client"], request.scope["server"]
    if (transport := Line.open.get((tuple(server), tuple(client)))) is not None:
        transport.abort()
    # The server learns of it in its next round, and then sends nothing more.
    await asyncio.sleep(0.01)
    return Response(status_code=500)


def application(desk: Desk) -> Starlette:
    """Everything that the stand-in answers."""
    counter = Counter(desk)

    async def provider(request: Request) -> Response:
        return await counter(request)

    routes = [Route(path, provider, methods=[method]) for method, path in ROUTES]
    return Starlette(routes=[*routes, *pages.routes(desk), *control.routes(desk)])
