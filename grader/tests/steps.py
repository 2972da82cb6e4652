#!/usr/bin/env python3
"""steps.py - the shell of a GitHub workflow's steps, as one script: what `run:` says, in order.

    steps.py WORKFLOW.yml     Steps that use an action are named in a comment; GitHub runs bash -e.
"""
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as f:
    workflow = yaml.safe_load(f)
assert workflow[True] and workflow["permissions"] == {"contents": "read"}  # YAML 1.1 reads `on` so
for step in workflow["jobs"]["grade"]["steps"]:
    if "uses" in step:
        print(f"# {step['uses']}")
    else:
        print(f"echo '== {step['name']}'\nbash -e <<'STEP' || exit\n{step['run']}\nSTEP")
