#!/usr/bin/env bash
# Recompile the locks with uv (plain `pip install --no-deps --require-hashes -r` installs them).
# torch is left out of cpu.lock: its CPU build has no place on PyPI, requirements/install.py finds it.
set -euo pipefail
cd "$(dirname "$0")"
compile() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"
}
compile base.in --output-file base.lock
# vLLM's CPU build asks for torch's CPU build by name. TORCH_LINKS: a folder or page that has its wheel; not for
# gpu.lock, which must find the other build.
compile cpu.in --find-links "${TORCH_LINKS:-https://download.pytorch.org/whl/cpu/torch/}" --override cpu.override --no-emit-package torch --output-file cpu.lock
compile gpu.in --output-file gpu.lock
compile test.in --output-file test.lock
