"""Errors: one line each, and a documented exit code per branch."""

import inspect

from patchlib import errors


def test_a_message_is_what_where_next_step() -> None:
    """Line breaks in AWS's texts never break the one-line contract."""
    error = errors.SettingInvalid("bad\n value.", where="a.toml", next_step="Mend it.")
    assert str(error) == "bad value (a.toml). Mend it."


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """Every class is drawn in the module's docstring, and exported."""
    classes = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception | Warning) and value.__module__ == errors.__name__
    }
    assert classes == set(errors.__all__)
    assert all(name in str(errors.__doc__) for name in classes)


def test_exit_codes_are_those_of_the_contract() -> None:
    """Configuration 2, AWS 3, data 4, model 5, report 6, gate 7."""
    branches = ["ConfigError", "AwsError", "DataError", "ModelError", "ReportError", "GateTripped"]
    assert [getattr(errors, name).exit_code for name in branches] == [2, 3, 4, 5, 6, 7]
