"""`softeid steps`: the reference of all steps, and the JSON Schema of scenario files for editors."""

from __future__ import annotations

import json
from argparse import Namespace

from ..exit_code import ExitCode
from ..lab import Lab
from ..scenario.reference import reference
from ..scenario.schema import schema


def run(options: Namespace) -> int:
    """Print one of the two."""
    language = Lab().language
    if options.schema:
        print(json.dumps(schema(language), indent=1, ensure_ascii=False))
    else:
        print(reference(language))
    return ExitCode.HELD
