import pytest

from lambdas.import_settings import LoadSettings
from lambdas.settings import EngineSettings, SettingsError

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "ALTO_OPENSEARCH_URL": "https://search-alto.us-east-1.es.amazonaws.com",
    "PATH": "/usr/bin",
}


def test_settings_are_read_from_the_environment_with_their_defaults() -> None:
    settings = EngineSettings.from_environment(ENVIRONMENT)

    assert settings.region == "us-east-1"
    assert settings.knn_engine == "lucene"


def test_each_function_requires_its_settings_and_names_the_missing() -> None:
    with pytest.raises(SettingsError) as caught:
        LoadSettings.from_environment(ENVIRONMENT)

    message = str(caught.value)
    assert all(name in message for name in ("ALTO_JOBS_TABLE", "ALTO_IMPORT_BUCKET", "ALTO_CHUNK_QUEUE_URL"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("ALTO_OPENSEARCH_URL", "search-alto.example"), ("ALTO_KNN_ENGINE", "nmslib")],
)
def test_a_wrong_value_is_named_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}.*'{value}'"):
        EngineSettings.from_environment(ENVIRONMENT | {name: value})
