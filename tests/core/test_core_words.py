import pytest
from core import words


@pytest.mark.parametrize(
    "values", [values for values in vars(words).values() if isinstance(values, list)]
)
def test_no_value_has_two_labels_and_no_label_two_values(values):
    assert len({name for name, _label in values}) == len(values)
    assert len({label for _name, label in values}) == len(values)


def test_before_the_first_step_is_none():
    assert words.STEPS[words.STEP_ORDER[False] + 1][0] == "customer"
    way = [step for step, _label in words.STEPS]
    assert sorted(words.STEP_ORDER, key=words.STEP_ORDER.get) == [False, *way]


def test_the_states_are_told_apart_by_whether_the_service_has_the_invoice():
    states = {name for name, _label in words.STATES}
    assert not set(words.QUEUE_STATES) & set(words.SENT_STATES)
    assert states - set(words.QUEUE_STATES) - set(words.SENT_STATES) == {"refused"}
    assert set(words.OPEN_STATES) == set(words.QUEUE_STATES) | {"accepted"}
