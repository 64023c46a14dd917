"""The measured rules: what sizes of a step they make of the settings."""

from __future__ import annotations

from typing import Any

import pytest

from xw2v import tuning
from xw2v.settings import Settings
from xw2v.sgns.tables import initial_centers


def sizes(settings: Settings) -> tuple[int, int, int]:
    """T, g and K."""
    return (
        tuning.batch_tokens(settings),
        tuning.group_tokens(settings),
        tuning.shared_negatives(settings),
    )


@pytest.mark.parametrize("window", [1, 2, 5, 20, 1000])
@pytest.mark.parametrize("negative", [1, 5, 10, 25, 1000])
def test_many_negatives_are_shared_by_few_tokens(window: int, negative: int) -> None:
    settings = Settings(window=window, negative=negative)
    K, g = tuning.shared_negatives(settings), tuning.group_tokens(settings)
    few = negative <= 5
    assert g == 128 if few else g in (16, 32, 64)
    assert tuning.batch_tokens(settings) % g == 0
    assert (
        few or g * negative <= 400 or g == 16 or K / g > 5
    )  # few pushes at once, or halving g would be dear
    assert K / g <= 16
    fewer = Settings(window=window, negative=negative, shared_negatives=8)
    assert few or tuning.group_tokens(fewer) * negative <= 400 or tuning.group_tokens(fewer) == 16


@pytest.mark.parametrize("vector_size", [1, 255, 256, 5000])
def test_long_vectors_have_fewer_rows_of_negatives(vector_size: int) -> None:
    batch, shared = 2048, 48 if vector_size < 256 else 24
    cpu, gpu = Settings(vector_size=vector_size), Settings(vector_size=vector_size, device="cuda")
    assert sizes(cpu) == (batch, 128, shared)
    assert sizes(gpu) == (4096, 128, shared)
    for device, T in (("cpu", 1024), ("cuda", 2048)):
        cbow = Settings(vector_size=vector_size, model="cbow", device=device)
        assert sizes(cbow) == (T, 64, 32 if vector_size < 256 else 24)
    assert tuning.group_tokens(Settings(vector_size=vector_size, negative=25)) == 16
    assert [
        tuning.group_tokens(Settings(vector_size=vector_size, batch_tokens=T)) for T in (512, 2048)
    ] == [
        64,
        128,
    ]


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("batch_tokens", [None, 512, 16384])
def test_the_device_changes_no_more_than_the_default_batch(
    model: str, batch_tokens: int | None
) -> None:
    for size in (100, 300):
        given: dict[str, Any] = {"model": model, "vector_size": size, "batch_tokens": batch_tokens}
        cpu, gpu = Settings(**given), Settings(**given, device="cuda:1")
        assert tuning.step_config(cpu) == tuning.step_config(gpu)
        assert cpu.learning_rate == gpu.learning_rate
        assert (tuning.batch_tokens(cpu) == tuning.batch_tokens(gpu)) == (batch_tokens is not None)


def test_words_of_n_grams_have_small_groups() -> None:
    assert sizes(Settings(subword="3-6")) == (1024, 16, 24)
    assert sizes(Settings(subword="3-6", vector_size=300)) == (1024, 16, 24)
    assert sizes(Settings(subword="3-6", model="cbow")) == sizes(Settings(model="cbow"))


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_with_n_grams_the_device_changes_nothing(model: str) -> None:
    cpu, gpu = (Settings(model=model, subword="3-6", device=device) for device in ("cpu", "cuda"))
    assert sizes(cpu) == sizes(gpu)
    assert tuning.step_config(cpu) == tuning.step_config(gpu)
    assert tuning.batch_tokens(Settings(device="cuda", subword="3-6", batch_tokens=4096)) == 4096


@pytest.mark.parametrize(
    ("model", "size", "negative", "floor"),
    [
        ("skipgram", 100, 2, 0.5),
        ("skipgram", 100, 6, 5 / 6),
        ("skipgram", 100, 25, 0.2),
        ("skipgram", 300, 5, 0.5),
        ("cbow", 300, 5, 0.2),
    ],
)
def test_the_trust_region_is_tighter_with_many_negatives_and_large_groups(
    model: str, size: int, negative: int, floor: float
) -> None:
    settings = Settings(model=model, vector_size=size, negative=negative)
    assert tuning.trust_floor(settings) == floor


@pytest.mark.parametrize(
    ("convention", "alpha"),
    [
        ({}, 0.07),
        ({"cbow_gradient": "mean"}, 0.2),
        ({"cbow_mean": False}, 0.025),
        ({"cbow_mean": False, "cbow_gradient": "mean"}, 0.05),
        ({"cbow_gradient": "full", "alpha": 0.025}, 0.025),
        ({"subword": "3-6"}, 0.2),
        ({"subword": "3-6", "cbow_gradient": "full"}, 0.07),
    ],
    ids=str,
)
def test_cbows_conventions_reach_the_step_and_have_their_own_learning_rates(
    convention: dict[str, Any], alpha: float
) -> None:
    settings = Settings(model="cbow", **convention)
    config = tuning.step_config(settings)
    assert settings.learning_rate == alpha
    assert config.cbow_mean == convention.get("cbow_mean", True)
    expected = "mean" if "subword" in convention else "full"
    assert config.cbow_gradient == convention.get("cbow_gradient", expected)


def test_cbow_by_gensims_convention_starts_where_gensim_does() -> None:
    radius = {
        (model, gradient): tuning.start_radius(Settings(model=model, cbow_gradient=gradient))
        for model, gradient in (("skipgram", None), ("cbow", "mean"), ("cbow", None))
    }
    assert radius == {("skipgram", None): 0.5, ("cbow", "mean"): 0.5, ("cbow", None): 1.0}
    shape = tuning.model_shape(Settings(vector_size=8), 50)
    assert (initial_centers(shape, 1, 1.0) == 2 * initial_centers(shape, 1)).all()
