"""One way to OpenAI for the ear and the reader: connections that survive a fork, errors that say nothing they should not."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import TypeVar

import openai

from bot.voice import Unheard

T = TypeVar("T")

for _talker in ("openai", "httpx2", "httpcore2", "httpx", "httpcore"):  # they write addresses, headers and bodies
    logging.getLogger(_talker).setLevel(logging.WARNING)


class Client:
    """One client per process, without retries of its own: the worker knows when to try again."""

    def __init__(self, api_key: str, base_url: str) -> None:
        self._api_key, self._base_url = api_key, base_url
        self._lock = threading.Lock()
        self._kept: tuple[int, openai.OpenAI] | None = None

    def get(self) -> openai.OpenAI:
        with self._lock:
            if self._kept is None or self._kept[0] != os.getpid():
                self._kept = os.getpid(), openai.OpenAI(api_key=self._api_key, base_url=self._base_url, max_retries=0)
            return self._kept[1]


def asked(ask: Callable[[], T]) -> T:
    """Turns what the library raises into Unheard, except a 400. Its own texts may quote keys and bodies; ours do not."""
    try:
        return ask()
    except openai.BadRequestError:
        raise
    except openai.RateLimitError as error:
        spent = error.code == "insufficient_quota"
        raise Unheard("the account has no money left" if spent else "too many requests", retry=not spent) from None
    except (openai.APIConnectionError, openai.InternalServerError, openai.APIResponseValidationError) as error:
        raise Unheard(type(error).__name__, retry=True) from None
    except openai.APIStatusError as error:
        raise Unheard(f"HTTP {error.status_code}", retry=error.status_code in (408, 409)) from None
    except (openai.OpenAIError, ValueError, AttributeError) as error:
        raise Unheard(type(error).__name__, retry=True) from None
