# syntax=docker/dockerfile:1
# One image for each service: `docker build --target incidents --tag gridward-incidents:0.1.0 .`
#
# Every stage stands on the same Python. A release pins it by digest, so that the same source gives the same image:
#   --build-arg PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm@sha256:…
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

# --- the suite's own wheel, built from what is committed and nothing else -----------------------------------------
FROM ${PYTHON_IMAGE} AS wheel
# The time every file in the wheel carries; the same number gives the same bytes.
ARG SOURCE_DATE_EPOCH=1767225600
ENV SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH} PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY locks/build.lock locks/build.lock
RUN python3 -m venv /build && /build/bin/python -m pip install --require-hashes -r locks/build.lock
COPY pyproject.toml README.md ./
COPY protos/gen protos/gen
COPY plugins plugins
COPY services services
RUN /build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

# --- for each service what it needs: only locked versions, only known digests, no compiler ------------------------
FROM ${PYTHON_IMAGE} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY helm/slim_packages.py /source/slim_packages.py
COPY --from=wheel /wheels /wheels

FROM packages AS registry-packages
COPY locks/registry.lock image.lock
RUN python3 slim_packages.py /opt/gridward image.lock /wheels registry

FROM packages AS incidents-packages
COPY locks/incidents.lock image.lock
RUN python3 slim_packages.py /opt/gridward image.lock /wheels incidents

FROM packages AS points-packages
COPY locks/points.lock image.lock
RUN python3 slim_packages.py /opt/gridward image.lock /wheels points

FROM packages AS video-packages
COPY locks/video.lock image.lock
RUN python3 slim_packages.py /opt/gridward image.lock /wheels video

FROM packages AS gateway-packages
COPY locks/gateway.lock image.lock
RUN python3 slim_packages.py /opt/gridward image.lock /wheels gateway

FROM packages AS host-packages
COPY locks/host.lock image.lock
RUN python3 slim_packages.py /opt/gridward image.lock /wheels host

FROM packages AS operations-packages
COPY locks/operations.lock image.lock
RUN python3 slim_packages.py /opt/gridward image.lock /wheels operations

# --- Python without what installs, builds and teaches: in an image nobody may write to there is nothing to install --
FROM ${PYTHON_IMAGE} AS python
RUN rm -rf /usr/local/lib/python3.*/site-packages/* /usr/local/lib/python3.*/ensurepip \
      /usr/local/lib/python3.*/idlelib /usr/local/lib/python3.*/lib2to3 /usr/local/lib/python3.*/tkinter \
      /usr/local/lib/python3.*/turtledemo /usr/local/lib/python3.*/pydoc_data /usr/local/lib/python3.*/config-* \
      /usr/local/include /usr/local/share/man /usr/local/bin/pip* /usr/local/bin/idle* /usr/local/bin/2to3* \
      /usr/local/bin/pydoc* \
 && rm -rf /usr/bin/apt* /usr/lib/apt /usr/lib/*/libapt-* /var/lib/apt /var/cache/apt \
      /usr/bin/dpkg* /usr/lib/dpkg /usr/bin/perl* /usr/lib/*/perl-base

# --- what runs: Python, the packages, a number instead of a user ---------------------------------------------------
# Copied whole onto nothing, for what a later layer removes still lies in the one below.
FROM scratch AS runtime
# hadolint ignore=DL3067
COPY --from=python / /
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Gridward" \
      org.opencontainers.image.description="Grid-based city governance" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH=/opt/gridward/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m"]

FROM runtime AS registry
COPY --from=registry-packages /opt/gridward /opt/gridward
CMD ["services.registry"]

FROM runtime AS incidents
COPY --from=incidents-packages /opt/gridward /opt/gridward
CMD ["services.incidents"]

FROM runtime AS points
COPY --from=points-packages /opt/gridward /opt/gridward
CMD ["services.points"]

FROM runtime AS video
COPY --from=video-packages /opt/gridward /opt/gridward
CMD ["services.video"]

FROM runtime AS gateway
COPY --from=gateway-packages /opt/gridward /opt/gridward
CMD ["services.gateway"]

FROM runtime AS host
COPY --from=host-packages /opt/gridward /opt/gridward
CMD ["services.host"]

FROM runtime AS operations
COPY --from=operations-packages /opt/gridward /opt/gridward
CMD ["services.operations", "--help"]
