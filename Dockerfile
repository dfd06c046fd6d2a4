# glibc, not Alpine: google-re2 has no wheels for musl.

FROM python:3.13-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source

# The image's own environment: the runtime dependencies and nothing else, by hash.
COPY requirements-runtime.lock ./
RUN python -m venv --without-pip /opt/edgeauth \
 && python -m pip --python /opt/edgeauth install --require-hashes -r requirements-runtime.lock

# The build backend and its dependencies, by hash too; nothing of it reaches the image.
COPY requirements.lock ./
RUN python -m venv /build && /build/bin/pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY edgeauth ./edgeauth
RUN /build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheels . \
 && python -m pip --python /opt/edgeauth install --no-deps --no-index /wheels/edgeauth-*.whl


FROM python:3.13-slim
COPY --from=builder /opt/edgeauth /opt/edgeauth

# Nothing is written: run it with a read-only root file system and without capabilities.
ENV PATH=/opt/edgeauth/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HEALTH_URL=https://127.0.0.1:4457/.well-known/health
USER 10001:10001
WORKDIR /etc/edgeauth
EXPOSE 4456 4457

# Asks only whether the process answers, over loopback, so the certificate's name does not matter.
# Where the management listener has no TLS, set HEALTH_URL to http://127.0.0.1:4457/...
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import os, ssl, urllib.request; urllib.request.urlopen(os.environ['HEALTH_URL'], timeout=2, context=ssl._create_unverified_context())"]

# The configuration is /etc/edgeauth/edgeauth.yaml unless -c says otherwise.
ENTRYPOINT ["edgeauth"]
CMD ["serve", "proxy"]
