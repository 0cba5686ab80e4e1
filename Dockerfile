# One image for migrations, web server and worker; which one it is, the command says.

FROM node:22-slim AS app
WORKDIR /src/pwa
COPY pwa/package.json pwa/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY pwa/ ./
RUN npm run build

FROM python:3.11-slim AS environment
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /opt/tiange
COPY pyproject.toml uv.lock LICENSE ./
# first the libraries, which change seldom, then ourselves
RUN uv sync --frozen --no-dev --no-install-project
COPY backend/ backend/
RUN uv sync --frozen --no-dev

FROM python:3.11-slim
# xgboost computes with OpenMP
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/tiange --shell /usr/sbin/nologin tiange \
    && install -d -o tiange -g tiange -m 0700 /var/lib/tiange /var/lib/tiange/keys /var/lib/tiange/files /backups /var/lib/tiange/nightly
WORKDIR /opt/tiange
COPY --from=environment /opt/tiange/ ./
COPY migrations/ migrations/
COPY --from=app /src/pwa/dist/ pwa/dist/
ENV PATH=/opt/tiange/.venv/bin:$PATH PYTHONUNBUFFERED=1 TIANGE_HOME=/var/lib/tiange
USER tiange
EXPOSE 8420
ENTRYPOINT ["tiange"]
CMD ["serve", "--host", "0.0.0.0"]
