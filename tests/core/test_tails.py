"""Which modules may be imported ahead of the run that wants them."""

import pytest

from autoreload.core.tails import MOST, is_known, merged


@pytest.mark.parametrize(
    "name",
    [
        "uvicorn",
        "uvicorn.protocols.http.h11_impl",
        "werkzeug.debug.tbtools",
        "encodings.idna",
        "django.core.wsgi",
        "django.db.migrations.graph",
        "django.templatetags.tz",
        "django.contrib.admin.templatetags.admin_list",
        "django.contrib.auth.migrations.0001_initial",
        "django.contrib.messages.storage.fallback",
    ],
)
def test_what_frameworks_import_of_their_own_is_known(name: str) -> None:
    assert is_known(name)


@pytest.mark.parametrize(
    "name",
    [
        "shop.views",
        "pandas",
        "uvicorns",
        "django",
        "django.apps.registry",
        "django.contrib",
        "django.contrib.admin",
        "django.contrib.admin.sites",
        "django.contrib.auth.admin",
        "django.contrib.auth.models",
        "django.contrib.auth.forms",
        "djangos.core",
    ],
)
def test_what_a_project_may_have_a_part_in_is_not(name: str) -> None:
    assert not is_known(name)


def test_each_name_is_kept_once_in_the_order_of_the_first_import() -> None:
    assert merged(["flask", "h11"], ["own", "h11", "anyio", "flask", "vine"]) == [
        "flask",
        "h11",
        "anyio",
        "vine",
    ]


def test_there_are_not_more_than_so_many() -> None:
    assert len(merged([], (f"kombu.part{number}" for number in range(2 * MOST)))) == MOST
