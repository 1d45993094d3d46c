# One image for web, worker, relay and the mail listener; the command says which.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock .python-version README.md ./
RUN uv sync --frozen --no-dev --no-install-project
COPY . .
RUN uv sync --frozen --no-dev --compile-bytecode

FROM python:3.13-slim
RUN useradd --system --uid 10001 throughline
COPY --from=build --chown=root:root /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 THROUGHLINE_HOST=0.0.0.0
USER throughline
ENTRYPOINT ["throughline"]
CMD ["web"]
