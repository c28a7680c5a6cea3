# docker build --tag mcnn .                                  torch for the CPU
# docker build --tag mcnn:cuda --build-arg VARIANT=cuda .    torch with CUDA
# docker run --rm --volume "$PWD:/data" mcnn --cores all     with a config.yaml in $PWD

ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /build
RUN pip install --no-cache-dir build==1.3.0
COPY . .
RUN python -m build --wheel --outdir /dist

FROM python:${PYTHON}-slim
ARG VARIANT=cpu
COPY --from=build /dist /dist
# PyPI's torch brings CUDA along; the CPU's has an index of its own.
RUN case "$VARIANT" in \
      cpu) export PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu ;; \
      cuda) ;; \
      *) echo "VARIANT is cpu or cuda, not '$VARIANT'" >&2; exit 1 ;; \
    esac \
    && pip install --no-cache-dir /dist/*.whl \
    && rm -r /dist
# Folders that whoever runs the container can write to.
ENV HOME=/tmp NUMBA_CACHE_DIR=/tmp/numba
WORKDIR /data
COPY --chmod=755 .ci/container /usr/local/bin/container
ENTRYPOINT ["container"]
CMD ["--help"]
