"""What was done with a model, a table of vectors or phrases, as gensim notes it."""

from __future__ import annotations

import logging
import platform
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from xw2v.version import __version__

GENSIM_VERSION = "4.4.0"  # of gensim, whose interface this is

logger = logging.getLogger(__name__)


class Lifecycle:
    """An object that notes events, such as that it was created, saved and loaded.

    Attributes:
        lifecycle_events: the events, which files keep; None notes none from then on.
    """

    lifecycle_events: list[dict[str, Any]] | None

    def add_lifecycle_event(
        self, event_name: str, log_level: int = logging.INFO, **event: Any
    ) -> None:
        """Note an event, and log it.

        Args:
            event_name: such as "created".
            log_level: of the line in the log; 0 or False for none.
            event: what else is to be noted; time and versions are added.
        """
        noted = {
            **event,
            "datetime": datetime.now().isoformat(),
            "gensim": GENSIM_VERSION,
            "xw2v": __version__,
            "python": sys.version,
            "platform": platform.platform(),
            "event": event_name,
        }
        if log_level:
            logger.log(log_level, "%s lifecycle event %s", type(self).__name__, noted)
        events = vars(self).setdefault("lifecycle_events", [])
        if events is not None:
            events.append(noted)


def plain_events(events: Iterable[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Events as JSON can hold them; other values become their text."""
    if events is None:
        return None
    plain = (str, int, float, bool, type(None))
    return [
        {name: value if isinstance(value, plain) else str(value) for name, value in event.items()}
        for event in events
    ]
