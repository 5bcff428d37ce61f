"""What reports call a relation's columns is what the store makes of them."""

from __future__ import annotations

import pytest
from peewee import Model

from traffic_analyzer.reports.relations import MODELS, Client, Remote, Resolver
from traffic_analyzer.store.tiers.relations import ENDS, RELATIONS


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_columns_are_those_of_the_store(model: type[Model]) -> None:
    relation = RELATIONS[model._meta.table_name]
    assert set(model._meta.columns) == set(relation.columns)


def test_there_are_no_others() -> None:
    assert {model._meta.table_name for model in MODELS} == set(RELATIONS)
    assert tuple(model._meta.table_name for model in (Client, Remote, Resolver)) == ENDS
