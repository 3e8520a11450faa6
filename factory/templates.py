# SPDX-License-Identifier: BSD-2-Clause
"""jinja2, set to fail on anything undefined, with errors a reader can act on. Templates only loop and substitute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jinja2

from factory.errors import failure


class Engine:
    """The templates of a folder. With `escape`, what they are filled in with is text in HTML."""

    def __init__(self, templates: Path, escape: bool = False) -> None:
        self._templates = templates
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(templates),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=escape,
        )

    def render(self, name: str, **values: Any) -> bytes:
        """The rendered template as UTF-8."""
        with self._explained(name):
            return self._environment.get_template(name).render(**values).encode()

    def render_block(self, name: str, block: str, **values: Any) -> str | None:
        """One block of a template; None when it has none of that name."""
        with self._explained(name):
            template = self._environment.get_template(name)
            if block not in template.blocks:
                return None
            return "".join(template.blocks[block](template.new_context(values)))

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        where = str(self._templates / name)
        try:
            yield
        except jinja2.TemplateNotFound:
            raise failure(where, "no such template") from None
        except jinja2.TemplateSyntaxError as error:
            raise failure(f"{where}:{error.lineno}", f"template syntax: {error.message}") from None
        except jinja2.TemplateError as error:
            raise failure(where, f"template: {error}") from None
