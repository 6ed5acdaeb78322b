# syntax=docker/dockerfile:1
# Three images from one file; docs/deploy.md says which to take.
#
#   docker build --target gateway -t dragoman:0.1.0-gateway .   the gateway alone, for engines that run elsewhere
#   docker build --target cpu     -t dragoman:0.1.0-cpu .       with Ray Serve and vLLM for CPUs
#   docker build --target cuda    -t dragoman:0.1.0-cuda .      with Ray Serve and vLLM for NVIDIA GPUs
#
# The same locks as scripts/install uses; wheels only, so that nothing needs a compiler.

ARG PYTHON=3.11.14

FROM python:${PYTHON}-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PYTHONWARNINGS=ignore
RUN python -m venv /opt/dragoman
ENV PATH=/opt/dragoman/bin:$PATH
WORKDIR /src
COPY requirements requirements

FROM build AS build-gateway
# Only what the gateway itself imports, in the versions of the lock.
COPY . .
RUN pip install --only-binary :all: --constraint requirements/cpu.lock setuptools \
    && pip install --only-binary :all: --no-build-isolation --constraint requirements/cpu.lock /src \
    && pip uninstall --yes setuptools pip

FROM build AS build-cpu
# torch comes first and alone: the locks are installed without dependencies (docs/deploy.md).
# PyPI's torch is the build for CUDA, with 3 GB of libraries; this index has the one for CPUs.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --only-binary :all: --no-deps --requirement requirements/torch.in --index-url "${TORCH_INDEX}" \
    && pip install --only-binary :all: --no-deps --requirement requirements/cpu.lock
COPY . .
RUN pip install --no-deps --no-build-isolation /src && pip uninstall --yes pip

FROM build AS build-cuda
RUN pip install --only-binary :all: --requirement requirements/torch.in \
    && pip install --only-binary :all: --no-deps --requirement requirements/cuda.lock
COPY . .
RUN pip install --no-deps --no-build-isolation /src && pip uninstall --yes pip

FROM python:${PYTHON}-slim-bookworm AS run
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Dragoman" \
      org.opencontainers.image.description="An OpenAI-compatible gateway that closes the language gap of open-weight LLMs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# KubeRay starts Ray in a login shell, whose PATH is Debian's: hence the links to what later stages bring.
RUN useradd --uid 10001 --user-group --create-home dragoman \
    && install --directory --owner dragoman --group dragoman /var/cache/dragoman \
    && ln --symbolic /opt/dragoman/bin/dragoman /opt/dragoman/bin/ray /usr/local/bin/
ENV PATH=/opt/dragoman/bin:$PATH \
    XDG_CACHE_HOME=/var/cache/dragoman \
    HF_HOME=/var/cache/dragoman/huggingface \
    PYTHONUNBUFFERED=1
WORKDIR /home/dragoman
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=300s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=2)"]
ENTRYPOINT ["dragoman"]

FROM run AS gateway
COPY --from=build-gateway /opt/dragoman /opt/dragoman
CMD ["serve", "--without-ray", "--host", "0.0.0.0", "--config", "/etc/dragoman/policy.yaml"]

FROM run AS cuda
# Triton compiles a stub for each kernel that it launches, and does not serve without a C compiler.
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
USER 10001:10001
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build-cuda /opt/dragoman /opt/dragoman
CMD ["serve"]

FROM run AS cpu
# vLLM's kernels for CPUs do not load without it.
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libnuma1 \
    && rm -rf /var/lib/apt/lists/*
USER 10001:10001
COPY --from=build-cpu /opt/dragoman /opt/dragoman
CMD ["serve"]
