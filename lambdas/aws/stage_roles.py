"""The roles of the stage: those that Alto may assume to call models. Pure.

A role and its external id are one setting (`model_roles` in `cdk.json`). Callers choose a role by its name or ARN, and
never its external id: it is what tells the owner of a role on whose behalf Alto acts.
"""

from collections.abc import Iterable

from lambdas.aws.credentials import AwsAccessError
from lambdas.aws.roles import Role
from lambdas.models import StrictModel


class StageRole(StrictModel):
    """A role, the short name that requests may use for it, and the external id that its trust policy asks for."""

    name: str
    role_arn: str
    external_id: str | None = None


class RoleNotListedError(AwsAccessError):
    """The role is not, or not any more, one of the stage's roles. `listed` names these."""

    def __init__(self, listed: str) -> None:
        super().__init__("not a role of the stage")
        self.listed = listed


class StageRoles:
    """Finds the stage's roles by name or ARN."""

    def __init__(self, roles: Iterable[StageRole] = ()) -> None:
        self._roles = tuple(roles)

    def find(self, name_or_arn: str) -> StageRole | None:
        """Return the role of this name or ARN; None if the stage does not list it."""
        return next((role for role in self._roles if name_or_arn in (role.name, role.role_arn)), None)

    def role_to_assume(self, name_or_arn: str, region: str) -> Role:
        """Return the role with its external id, to be assumed at the STS of a region. Raises `RoleNotListedError`."""
        found = self.find(name_or_arn)
        if found is None:
            raise RoleNotListedError(self.listed)
        return Role(found.role_arn, found.external_id, region)

    @property
    def listed(self) -> str:
        """Names and ARNs of all roles, for messages."""
        return ", ".join(f"'{role.name}' ({role.role_arn})" for role in self._roles) or "none"
