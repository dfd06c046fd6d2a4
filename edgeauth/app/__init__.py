"""The composition root: the only floor where everything meets.

decode -> build (no network) -> start -> serve -> drain -> close
"""

from edgeauth.app.application import Application
from edgeauth.app.blueprint import Blueprint, Mode
from edgeauth.app.part import Part, Role

__all__ = ["Application", "Blueprint", "Mode", "Part", "Role"]
