"""From a file to grids and a report. Writes nothing."""

from pathlib import Path

from backend.grids.errors import file_broken, outline_needed
from backend.grids.importing.from_areas import prepare_areas
from backend.grids.importing.from_villages import prepare_villages
from backend.grids.importing.geojson import read_outline, read_shapes
from backend.grids.importing.options import ImportOptions, SourceKind
from backend.grids.importing.report import Prepared
from backend.grids.importing.villages import read_towns, read_villages

_BY_ENDING = {
    ".geojson": SourceKind.GEOJSON,
    ".json": SourceKind.GEOJSON,
    ".shp": SourceKind.GEOJSON,
    ".gpkg": SourceKind.GEOJSON,
    ".kml": SourceKind.GEOJSON,
    ".fgb": SourceKind.GEOJSON,
    ".zip": SourceKind.GEOJSON,
    ".csv": SourceKind.VILLAGES,
    ".tsv": SourceKind.VILLAGES,
    ".txt": SourceKind.VILLAGES,
}


def prepare(path: Path, options: ImportOptions) -> Prepared:
    """Reads and checks a file of grids. Raises Problem for a file that cannot be understood as a whole.

    What is wrong with single rows or features is in the report, and so is everything that stops the import.
    """
    kind = options.kind or _BY_ENDING.get(path.suffix.lower())
    if kind is None:
        raise file_broken(
            path.name,
            f"Its ending {path.suffix!r} does not tell what it is.",
            "Say it with --kind geojson or --kind villages.",
        )
    if kind is SourceKind.VILLAGES and options.county is None:
        raise outline_needed(path.name)
    outline = (
        read_outline(options.county, options.county_datum, options.max_bytes)
        if options.county is not None
        else None
    )
    outline_name = options.county.name if options.county is not None else ""
    if kind is SourceKind.GEOJSON:
        return prepare_areas(read_shapes(path, options), outline, outline_name, options)
    assert outline is not None
    towns = read_towns(options.towns, options.datum, options.max_bytes) if options.towns is not None else {}
    return prepare_villages(read_villages(path, options), towns, outline, outline_name, options)
