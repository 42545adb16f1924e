from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.device_model import Attribute, Characteristics, Model, Name, Variable, model
from ohmstead.domain.differences import Difference, differences

quick = settings(database=None, deadline=None, max_examples=200)
A, B, C = (Name("C", letter) for letter in "ABC")

models = st.dictionaries(st.sampled_from([A, B, C]), st.sampled_from(["1", "2", None])).map(
    lambda values: model(Variable(name, (Attribute(value=value),)) for name, value in values.items())
)


def one(name: Name, value: str | None = "1", **more: object) -> Variable:
    return Variable(name, (Attribute(value=value, **more),))  # type: ignore[arg-type]


@quick
@given(models, models)
def test_the_other_way_round_is_the_same_mirrored(left: Model, right: Model) -> None:
    mirror = {"missing": "added", "added": "missing"}
    there, back = differences(left, right), differences(right, left)
    assert {(d.name.key, d.kind, d.left, d.right) for d in there} == {
        (d.name.key, mirror.get(d.kind, d.kind), d.right, d.left) for d in back
    }


@quick
@given(models)
def test_a_model_differs_from_itself_in_nothing(known: Model) -> None:
    assert differences(known, known) == ()
    assert differences(known, known, template=True) == ()


def test_each_kind() -> None:
    left = model(
        [
            one(A, "1"),
            one(B, "true", mutability="ReadOnly"),
            Variable(C, (Attribute(value="1"), Attribute("Target", "2")), Characteristics("integer", max_limit=5)),
            one(Name("D", "Left"), "x"),
        ]
    )
    right = model(
        [
            one(A, "2"),
            one(B, "True", mutability="ReadWrite"),
            Variable(C, (Attribute(value="1"), Attribute("MaxSet", "9")), Characteristics("integer", max_limit=6)),
            one(Name("D", "Right"), "y"),
        ]
    )
    found = differences(left, right, same=lambda a, b: a.lower() == b.lower())
    assert found == (
        Difference(A, "value", "Actual", "1", "2"),
        Difference(B, "mutability", "Actual", "ReadOnly", "ReadWrite"),
        Difference(C, "missing", "Target", "2"),
        Difference(C, "added", "MaxSet", right="9"),
        Difference(C, "characteristics"),
        Difference(Name("D", "Left"), "missing", left="x"),
        Difference(Name("D", "Right"), "added", right="y"),
    )


def test_a_template_minds_only_what_it_names() -> None:
    template = model([one(A, "5"), one(B, None)])
    station = model([one(A, "1", mutability="ReadOnly").with_attribute(Attribute("MaxSet", "9")), one(C, "7")])
    assert differences(template, station, template=True) == (
        Difference(A, "value", "Actual", "5", "1"),
        Difference(B, "missing"),
    )
