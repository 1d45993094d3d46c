"""dramatiq: it carries lease tickets to worker processes, nothing more. Retries and schedules live in the job row."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import astuple
from typing import Any

import dramatiq
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.broker import Broker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO, Middleware
from redis.asyncio import Redis

from core.database import Database
from core.heartbeats import Heart
from core.jobs import QUEUES
from core.leases import Lease
from core.settings import Settings
from workers import runner
from workers.resources import Resources

# A thread only waits for its job on the loop, so they are cheap: more than the delivery, bulk and calls windows of
# the relay together, so that a slow provider never keeps inbound mail and webhooks waiting.
THREADS = 32
# How many jobs of the default queue run at the same time, how many of one message do, how long an idle worker
# waits for Redis, and how long its threads sleep when nothing comes (ms; stopping waits as long at most).
AT_ONCE = 16
TOGETHER = 4
IDLE = 50
ASLEEP = 1000


def make_broker(settings: Settings) -> Broker:
    """The broker that settings name: Redis in a database of its own, or RabbitMQ by an amqp:// URL."""
    url = settings.broker_url or settings.redis_url
    if url.startswith("amqp"):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        broker: Broker = RabbitmqBroker(url=url, confirm_delivery=True, middleware=[], max_priority=None)
    else:
        broker = RedisBroker(  # type: ignore[no-untyped-call]  # the library has no types
            url=url,
            middleware=[],
            heartbeat_timeout=5_000,
            maintenance_chance=1_000_000,
            dead_message_ttl=60_000,
        )
    for queue in QUEUES:
        broker.declare_queue(queue)
    return broker


def ticket(queue: str, leases: list[Lease]) -> dramatiq.Message[Any]:
    """The message that tells a worker which leases to run."""
    return dramatiq.Message(
        queue_name=queue,
        actor_name=f"run_{queue}",
        args=([[part for part in astuple(lease) if part is not None] for lease in leases], queue),
        kwargs={},
        options={},
    )


class Process(Middleware):
    """The engine and the adapters of this process, made on the loop that the actors run on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def before_worker_boot(self, broker: Broker, worker: dramatiq.Worker) -> None:
        loop = get_event_loop_thread()
        assert loop is not None, "AsyncIO comes first"
        loop.run_coroutine(self.open())

    def after_worker_shutdown(self, broker: Broker, worker: dramatiq.Worker) -> None:
        loop = get_event_loop_thread()
        assert loop is not None, "AsyncIO goes last"
        loop.run_coroutine(self.shut())

    async def open(self) -> None:
        self.redis = Redis.from_url(self.settings.redis_url)
        self.database = Database(self.settings.database_url, self.redis, pool_size=AT_ONCE)
        self.resources = Resources(self.settings, self.redis)
        self.at_once = {"default": asyncio.Semaphore(AT_ONCE)}
        self.beating = asyncio.create_task(Heart(self.redis, "worker").keep_beating())

    async def shut(self) -> None:
        self.beating.cancel()
        await self.resources.close()
        await self.database.close()
        await self.redis.aclose()

    async def run(self, tickets: list[list[Any]], queue: str) -> None:
        slots = asyncio.Semaphore(TOGETHER)

        async def some(leases: list[Lease]) -> None:
            async with slots, self.at_once.get(queue, nullcontext()):
                await runner.run_together(self.database, self.resources, leases)

        await asyncio.gather(*(some(part) for part in runner.shared([Lease(*ticket) for ticket in tickets])))


class _Worker(dramatiq.Worker):
    """A worker whose idle threads sleep: a new message wakes them, only the consumers must ask Redis often.

    And of those not the ones of dramatiq's delayed messages: what is to run later waits in the job table.
    """

    def _add_worker(self) -> None:
        with self._asleep():
            super()._add_worker()

    def _add_consumer(self, queue_name: str, *, delay: bool = False) -> None:
        with self._asleep() if delay else nullcontext():
            super()._add_consumer(queue_name, delay=delay)

    @contextmanager
    def _asleep(self) -> Iterator[None]:
        often, self.worker_timeout = self.worker_timeout, ASLEEP
        yield
        self.worker_timeout = often


def make_worker(settings: Settings, threads: int = THREADS) -> dramatiq.Worker:
    """A worker for every queue, not started yet."""
    broker = make_broker(settings)
    process = Process(settings)
    for middleware in (AsyncIO(), process):
        broker.add_middleware(middleware)
    for queue in QUEUES:
        dramatiq.actor(actor_name=f"run_{queue}", queue_name=queue, broker=broker)(process.run)
    return _Worker(broker, worker_threads=threads, worker_timeout=IDLE)
