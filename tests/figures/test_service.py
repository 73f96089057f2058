"""The chart of services shows the truth and the wrong number apart."""

import pandas as pd

from patchlib.figures import service

ROWS = pd.DataFrame(
    [("Low", "prod", 9.0, 4.0), ("Critical", "prod", None, 6.8), ("Critical", "dev", 15.0, None)],
    columns=["severity", "environment", "service_mean_days", "instance_mean_days"],
)


def test_the_gravest_comes_first_and_the_wrong_number_is_named_so() -> None:
    """A dot by service, a cross by instance id; what is not known is not drawn."""
    by_service, by_instance = service.service_dots(ROWS).data
    assert list(by_service.y) == ["Critical, dev", "Critical, prod", "Low, prod"]
    assert next(iter(by_service.x)) == 15.0
    assert "wrong" in by_instance.name
    assert list(by_instance.x)[1:] == [6.8, 4.0]


def test_the_axis_has_its_unit() -> None:
    """Days."""
    assert service.service_dots(ROWS).layout.xaxis.title.text == "mean days vulnerable [d]"


def test_nothing_at_risk_is_said() -> None:
    """An empty frame is a sentence, not an empty chart."""
    assert "No service" in service.service_dots(ROWS.head(0)).layout.annotations[0].text
