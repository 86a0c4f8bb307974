"""Bedrock and SageMaker runtime on loopback: the real protocol, a small real model behind it."""

from local.emulator.emulator import Emulator

__all__ = ["Emulator"]
