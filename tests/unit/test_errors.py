import re

from lambdas import errors
from lambdas.errors import AltoError


def tree(cls: type[AltoError] = AltoError) -> list[type[AltoError]]:
    return [cls, *(each for sub in cls.__subclasses__() for each in tree(sub))]


def own_tree() -> list[type[AltoError]]:
    return [cls for cls in tree() if cls.__module__ == errors.__name__]


def test_the_tree_that_is_drawn_is_the_tree_that_is() -> None:
    drawn = re.findall(r"(\w+Error)\s+(\d{3}) (\w+)", errors.__doc__ or "")

    assert sorted(drawn) == sorted((cls.__name__, str(cls.status), cls.code) for cls in own_tree())


def test_each_error_has_a_code_of_its_own_and_says_when_it_happens() -> None:
    codes = [cls.code for cls in own_tree()]

    assert len(set(codes)) == len(codes)
    assert all(cls.__doc__ for cls in own_tree())


def test_what_passes_by_itself_says_when_to_try_again() -> None:
    for cls in own_tree():
        if cls.status in {503, 504}:
            assert cls.retry_after_seconds, cls
        if cls.retry_after_seconds:
            assert cls.status in {429, 503, 504}, cls
