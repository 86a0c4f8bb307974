"""Names of vectors that the engine could not read back."""

import pytest

from lambdas.collections.checks import check_vector_names
from lambdas.errors import InvalidRequestError


@pytest.mark.parametrize(
    ("name", "advised"), [("titleVector", "title_vector"), ("B", "b"), ("x1Y", "x1_y"), ("ALL", "all")]
)
def test_a_vector_name_with_capitals_is_rejected_with_another(name: str, advised: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"^vectors.{name}: .*write '{advised}'"):
        check_vector_names(["default", name])


def test_lower_case_vector_names_are_accepted() -> None:
    check_vector_names(["default", "content_vector", "x1"])
