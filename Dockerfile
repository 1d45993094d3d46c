# One image for web, worker, relay and the mail listener; the command says which.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
# `--build-arg EXTRAS="--extra otel"` adds what traces need.
ARG EXTRAS=""
COPY pyproject.toml uv.lock .python-version README.md ./
RUN uv sync --frozen --no-dev $EXTRAS --no-install-project
COPY . .
RUN uv sync --frozen --no-dev $EXTRAS --compile-bytecode && \
    .venv/bin/python -m compileall -q core customers channels campaigns estore support portal workers

FROM python:3.13-slim
RUN groupadd --system --gid 10001 throughline && useradd --system --uid 10001 --gid throughline throughline
# Owned by root: the account that runs may read the program and change nothing of it.
COPY --from=build --chown=root:root /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 THROUGHLINE_HOST=0.0.0.0
USER 10001:10001
STOPSIGNAL SIGTERM
EXPOSE 8000
ENTRYPOINT ["throughline"]
CMD ["web"]
