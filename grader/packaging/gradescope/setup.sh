#!/bin/sh
# setup.sh - Gradescope runs this once, as root, when it builds the image: packages, then the grader.
set -eu
cd /autograder/source/lockstep
make --no-print-directory deps-run
make --no-print-directory -j"$(nproc)" all
