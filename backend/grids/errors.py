"""Problems of the grids domain, each with what is safe and what to do."""

from collections.abc import Sequence

from backend.kernel.errors import Problem

_SAFE = "Nothing was written."


def file_missing(path: str) -> Problem:
    """There is no such file, or it cannot be opened."""
    return Problem(
        "grid_file_missing",
        422,
        f"Cannot read {path}",
        detail=f"There is no such file, or it may not be opened. {_SAFE}",
        remedy="Check the path and the file's permissions.",
    )


def file_too_large(path: str, size: int, limit: int) -> Problem:
    """The file is over the limit of bytes."""
    return Problem(
        "grid_file_too_large",
        413,
        f"{path} is too large",
        detail=f"It has {size:,} bytes; {limit:,} are the limit. {_SAFE}",
        remedy="A county's grids need a few megabytes: leave out what is no grid, or simplify the"
        " outlines to a few metres.",
    )


def file_empty(path: str, what: str) -> Problem:
    """The file holds nothing that could become a grid."""
    return Problem(
        "grid_file_empty",
        422,
        f"{path} holds no {what}",
        detail=_SAFE,
        remedy=f"Export it again and check that it has at least one {what}.",
    )


def file_broken(path: str, why: str, remedy: str) -> Problem:
    """The file is not what its kind says: broken JSON, no feature collection, unreadable text."""
    return Problem(
        "grid_file_broken", 422, f"{path} cannot be understood", detail=f"{why} {_SAFE}", remedy=remedy
    )


def columns_missing(path: str, missing: Sequence[str], found: Sequence[str]) -> Problem:
    """The table lacks columns (or the features lack properties) that a grid needs."""
    return Problem(
        "grid_columns_missing",
        422,
        f"{path} lacks {', '.join(missing)}",
        detail=f"Found: {', '.join(found) or 'nothing'}. {_SAFE}",
        remedy="Rename the column, or say which one it is, for instance --column code=ADCODE.",
        missing=list(missing),
        found=list(found),
    )


def swapped(path: str, lon: float, lat: float) -> Problem:
    """Latitude stands where longitude belongs."""
    return Problem(
        "grid_coordinates_swapped",
        422,
        f"{path} has latitude and longitude the wrong way round",
        detail=f"The first position is ({lon}, {lat}); longitude comes first, and in China lies between"
        f" 73 and 136. {_SAFE}",
        remedy="Export it with longitude first; for a table, name the columns:"
        " --column lon=… --column lat=….",
    )


def not_degrees(path: str, x: float, y: float) -> Problem:
    """Projected metres stand where degrees belong."""
    return Problem(
        "grid_coordinates_projected",
        422,
        f"{path} is in metres, not degrees",
        detail=f"The first position is ({x}, {y}). {_SAFE}",
        remedy="Name the projection it was exported in, for instance --crs EPSG:4547 (CGCS2000, 3-degree"
        " zone at 114° E), or export it in degrees (EPSG:4490 or EPSG:4326).",
    )


def outside_china(path: str, lon: float, lat: float) -> Problem:
    """The coordinates are degrees, but nowhere near the county."""
    return Problem(
        "grid_coordinates_elsewhere",
        422,
        f"{path} does not lie in China",
        detail=f"The first position is ({lon}, {lat}). {_SAFE}",
        remedy="Check that the coordinates are longitude and latitude in degrees.",
    )


def crs_unknown(path: str, name: str) -> Problem:
    """The coordinate reference system is not known."""
    return Problem(
        "grid_crs_unknown",
        422,
        f"The coordinate system {name!r} of {path} is not known",
        detail=_SAFE,
        remedy="Name one that is, for instance --crs EPSG:4547.",
    )


def outline_needed(path: str) -> Problem:
    """Points can only be turned into areas within an outline."""
    return Problem(
        "grid_outline_needed",
        422,
        "The county's outline is needed",
        detail=f"{path} has points; areas are cut around them within an outline. {_SAFE}",
        remedy="Give it with --county FILE (GeoJSON with one polygon or multipolygon).",
    )


def import_stopped(codes: Sequence[str]) -> Problem:
    """The report has errors that nobody has accepted."""
    accept = " ".join(f"--accept {code}" for code in codes)
    return Problem(
        "grid_import_stopped",
        422,
        "The import is stopped by errors in its report",
        detail=f"{', '.join(codes)}. {_SAFE}",
        remedy=f"Mend the file and run it again; what you have looked at and want all the same: {accept}",
        codes=list(codes),
    )


def branch_unknown(code: str, grid: str, known: Sequence[str]) -> Problem:
    """A grid names a branch that the bank does not have, or none."""
    named = f"Branch {code!r}" if code else "No branch"
    return Problem(
        "grid_branch_unknown",
        422,
        f"{named} is named for grid {grid}" if not code else f"{named} of grid {grid} does not exist",
        detail=f"Known branches: {', '.join(known) or 'none'}. {_SAFE}",
        remedy="Give one for all with --branch CODE, or one per township with --branch TOWNSHIP=CODE.",
    )


def grid_retired(code: str) -> Problem:
    """The grid is no longer in use."""
    return Problem(
        "grid_retired",
        409,
        f"Grid {code} is no longer in use",
        detail="Nothing changed.",
        remedy="Assign the grid that took its place.",
    )


def assignment_role(duty: str, role: str) -> Problem:
    """The person's role cannot hold the duty."""
    return Problem(
        "grid_duty_role",
        409,
        f"A person in the role {role} cannot hold the duty {duty}",
        detail="Nothing changed.",
        remedy="Choose another person, or another duty.",
    )


def assignment_day(day: object, why: str) -> Problem:
    """The first day cannot be."""
    return Problem(
        "grid_assignment_day",
        409,
        f"The assignment cannot begin on {day}",
        detail=f"{why[0].upper()}{why[1:]}. Nothing changed.",
        remedy="Choose today, or a day within the present holder's time.",
    )


def assignment_missing(duty: str) -> Problem:
    """The person does not hold the duty."""
    return Problem(
        "not_found",
        404,
        f"The person does not hold the duty {duty} of this grid",
        detail="Nothing changed.",
    )
