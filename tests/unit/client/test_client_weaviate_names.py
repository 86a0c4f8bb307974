"""Every public name of weaviate-client can be imported or reached in Alto."""

from importlib import import_module

import pytest

import alto
from alto.unsupported import ALTERNATIVES, Unsupported
from alto.weaviate_names import REFUSED
from tests.weaviate_names import NAMES, PAGE, is_supported, owner_of, written


@pytest.mark.parametrize("path", NAMES)
def test_every_name_of_weaviate_works_or_is_refused(path: str) -> None:
    owner = owner_of(path)
    for name in NAMES[path]:
        is_supported(owner, name)  # raises AttributeError or ImportError for a missing one


def test_the_migration_page_has_the_table_of_names() -> None:
    assert written(PAGE.read_text()) == PAGE.read_text(), "run python -m tests.weaviate_names"


@pytest.mark.parametrize("module", REFUSED)
def test_a_refused_name_is_refused_at_its_use_with_an_alternative(module: str) -> None:
    for key, names in REFUSED[module].items():
        for name in names:
            found = getattr(import_module(module), name)
            assert isinstance(found, Unsupported)
            with pytest.raises(alto.AltoNotSupportedError) as refusal:
                found("an argument")
            assert ALTERNATIVES[key] in str(refusal.value)


def test_a_misspelt_name_is_still_an_import_error() -> None:
    with pytest.raises(ImportError):
        from alto.classes.config import Confgiure  # noqa: F401


def test_a_refused_type_may_stand_in_annotations() -> None:
    from alto.classes.tenants import Tenant

    def name_of(tenant: Tenant | None, others: "list[Tenant]") -> Tenant | None:
        return tenant

    assert not isinstance("a", Tenant)
    with pytest.raises(alto.AltoNotSupportedError):

        class Own(Tenant):  # type: ignore[misc]
            pass
