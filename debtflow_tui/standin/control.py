"""What tests and the demo do with the stand-in from another process: ``/_standin/…``, JSON in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from debtflow_tui.standin import guard
from debtflow_tui.standin.desk import Desk
from debtflow_tui.standin.faults import Fault
from debtflow_tui.standin.problems import Problem, invalid

Given = dict[str, Any]
Control = Callable[[Desk, Given], Any]


def _faults(desk: Desk, given: Given) -> Any:
    if given.get("clear"):
        desk.faults.clear()
    else:
        desk.faults.add(Fault(**given))
    return [asdict(fault) for fault in desk.faults.waiting()]


def _endpoint(desk: Desk, given: Given) -> Any:
    endpoint = desk.listen(**given)
    return {"url": endpoint.url}


def _save(desk: Desk, given: Given) -> Any:
    customer = given.pop("customer", None) or desk.customer()
    return {"customer": customer, "payment_method": desk.save(customer, **given)}


ACTS: Final[dict[str, Control]] = {
    "faults": _faults,
    "clock": lambda desk, given: {"now": desk.advance(**given)},
    "methods": _save,
    "turn": lambda desk, given: desk.turn(**given),
    "pay": lambda desk, given: desk.pay(**given),
    "settle": lambda desk, given: desk.settle(**given),
    "settle-refund": lambda desk, given: desk.settle_refund(**given),
    "disputes": lambda desk, given: desk.dispute(**given),
    "close-dispute": lambda desk, given: desk.close_dispute(**given),
    "endpoints": _endpoint,
    "release": lambda desk, given: [asdict(delivery) for delivery in desk.post.release(**given)],
}

READS: Final[dict[str, Callable[[Desk], Any]]] = {
    "charges": lambda desk: desk.charges(),
    "events": lambda desk: desk.told(),
    "faults": lambda desk: [asdict(fault) for fault in desk.faults.waiting()],
    "deliveries": lambda desk: [asdict(delivery) for delivery in desk.post.deliveries],
}


def routes(desk: Desk) -> list[Route]:
    """One path for each."""

    async def act(request: Request) -> Response:
        return await _answered(request, lambda given: _flushed(desk, ACTS[request.path_params["name"]], given))

    async def read(request: Request) -> Response:
        return await _answered(request, lambda _: READS[request.path_params["name"]](desk))

    return [
        Route("/_standin/{name}", read, methods=["GET"]),
        Route("/_standin/{name}", act, methods=["POST"]),
    ]


def _flushed(desk: Desk, act: Control, given: Given) -> Any:
    try:
        return act(desk, given)
    finally:
        desk.book.flush()


async def _answered(request: Request, work: Callable[[Given], Any]) -> Response:
    try:
        guard.check_caller(request.client.host if request.client else None, request.headers.get("host"))
        given = await request.json() if request.method == "POST" else {}
        if not isinstance(given, dict):
            raise invalid("Give an object.")
        return JSONResponse(await run_in_threadpool(work, given))
    except Problem as problem:
        return JSONResponse(problem.body, status_code=problem.status)
    except KeyError:
        return JSONResponse({"error": {"message": "the stand-in has no such lever"}}, status_code=404)
    except (TypeError, ValueError) as error:
        return JSONResponse({"error": {"message": f"{type(error).__name__}: {error}"}}, status_code=400)
