"""The run-time type checker of the tests: as Python means it, an int is welcome as a float."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
