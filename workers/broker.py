"""dramatiq: it carries lease tickets to worker processes, nothing more. Retries and schedules live in the job row."""

import asyncio
from contextlib import nullcontext
from dataclasses import astuple
from typing import Any

import dramatiq
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.broker import Broker, MessageProxy
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.middleware import AsyncIO, Middleware
from redis.asyncio import Redis

from core.database import Database
from core.heartbeats import Heart
from core.jobs import QUEUES
from core.leases import Lease
from core.settings import Settings
from workers import runner
from workers.bells import MOMENT, Bells
from workers.resources import Resources

# A thread only waits for its job on the loop, so they are cheap: more than the delivery, bulk and calls windows of
# the relay together, so that a slow provider never keeps inbound mail and webhooks waiting.
THREADS = 32
# How many jobs of the default queue run at the same time, how many of one message do, and how long idle threads sleep
# when no bell rings (ms; stopping waits as long at most).
AT_ONCE = 16
TOGETHER = 4
ASLEEP = 1000


class _Consumer(_RedisConsumer):
    """Fetches when the bell of its queue rings, where dramatiq's own would ask Redis twenty times a second."""

    def __init__(self, broker: "_RedisBroker", queue_name: str, prefetch: int, timeout: int) -> None:
        # It need not sleep by itself.
        super().__init__(broker, queue_name, prefetch, timeout=0)  # type: ignore[no-untyped-call]  # the library has no types
        self.asleep = timeout / 1000

    def __next__(self) -> MessageProxy | None:
        message: MessageProxy | None = super().__next__()  # type: ignore[no-untyped-call]  # the library has no types
        if message is None:
            # No bell rings for room: one that holds as many messages as it may looks again soon.
            full = self.outstanding_message_count >= self.prefetch
            self.broker.bells.await_ring(self.queue_name, MOMENT if full else self.asleep)
        return message


class _RedisBroker(RedisBroker):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]  # the library has no types
        self.bells = Bells(QUEUES)

    @property
    def consumer_class(self) -> type[_Consumer]:
        return _Consumer


def make_broker(settings: Settings) -> Broker:
    """The broker that settings name: Redis in a database of its own, or RabbitMQ by an amqp:// URL."""
    url = settings.broker_url or settings.redis_url
    if url.startswith("amqp"):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        broker: Broker = RabbitmqBroker(url=url, confirm_delivery=True, middleware=[], max_priority=None)
    else:
        broker = _RedisBroker(
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

    def __init__(self, settings: Settings, bells: Bells | None) -> None:
        self.settings = settings
        self.bells = bells

    def before_worker_boot(self, broker: Broker, worker: dramatiq.Worker) -> None:
        loop = get_event_loop_thread()
        assert loop is not None, "AsyncIO comes first"
        loop.run_coroutine(self.open())

    def before_worker_shutdown(self, broker: Broker, worker: dramatiq.Worker) -> None:
        if self.bells is not None:
            self.bells.close()

    def after_worker_shutdown(self, broker: Broker, worker: dramatiq.Worker) -> None:
        loop = get_event_loop_thread()
        assert loop is not None, "AsyncIO goes last"
        loop.run_coroutine(self.shut())

    async def open(self) -> None:
        self.redis = Redis.from_url(self.settings.redis_url)
        self.database = Database(self.settings.database_url, self.redis, pool_size=AT_ONCE)
        self.resources = Resources(self.settings, self.redis)
        self.at_once = {"default": asyncio.Semaphore(AT_ONCE)}
        self.tasks = [asyncio.create_task(Heart(self.redis, "worker").keep_beating())]
        if self.bells is not None:
            self.tasks.append(asyncio.create_task(self.bells.listen(self.redis)))

    async def shut(self) -> None:
        for task in self.tasks:
            task.cancel()
        await self.resources.close()
        await self.database.close()
        await self.redis.aclose()

    async def run(self, tickets: list[list[Any]], queue: str) -> None:
        slots = asyncio.Semaphore(TOGETHER)

        async def some(leases: list[Lease]) -> None:
            async with slots, self.at_once.get(queue, nullcontext()):
                await runner.run_together(self.database, self.resources, leases)

        await asyncio.gather(*(some(part) for part in runner.shared([Lease(*ticket) for ticket in tickets])))


def make_worker(settings: Settings, threads: int = THREADS) -> dramatiq.Worker:
    """A worker for every queue, not started yet."""
    broker = make_broker(settings)
    process = Process(settings, broker.bells if isinstance(broker, _RedisBroker) else None)
    for middleware in (AsyncIO(), process):
        broker.add_middleware(middleware)
    for queue in QUEUES:
        dramatiq.actor(actor_name=f"run_{queue}", queue_name=queue, broker=broker)(process.run)
    return dramatiq.Worker(broker, worker_threads=threads, worker_timeout=ASLEEP)
