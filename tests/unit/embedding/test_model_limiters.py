from lambdas.embedding.rate.model_limiters import ModelLimiters


def test_a_model_and_caller_share_one_limiter_between_requests() -> None:
    limiters = ModelLimiters(lambda: 0.0)

    assert limiters.get(("titan", "us-east-1")) is limiters.get(("titan", "us-east-1"))
    assert limiters.get(("titan", "us-east-1")) is not limiters.get(("titan", "eu-west-1"))


def test_the_limiter_that_was_used_longest_ago_is_forgotten_first() -> None:
    limiters = ModelLimiters(lambda: 0.0)
    first, second = limiters.get(0), limiters.get(1)
    for key in range(2, 256):
        limiters.get(key)

    assert limiters.get(0) is first
    limiters.get("one more")

    assert limiters.get(0) is first
    assert limiters.get(1) is not second


def test_a_new_limiter_has_the_caps_of_its_model() -> None:
    limiters = ModelLimiters(lambda: 0.0)

    assert limiters.get("capped", tokens_per_minute=60_000).counts_tokens
    assert not limiters.get("free").counts_tokens
