"""Files in an S3-compatible store. Decision 0014 says why by obstore."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

import obstore
from obstore import exceptions
from obstore.store import S3Store as Bucket

from backend.kernel.settings import Settings

#: longer than a store's own hiccups, shorter than a phone waits for its answer
TIMEOUT = timedelta(seconds=20)
RETRY_FOR = timedelta(seconds=30)


class S3Store:
    """One bucket. An upload is safe once the store has answered it; nothing counts as received before."""

    def __init__(self, settings: Settings) -> None:
        endpoint = settings.files_s3_endpoint
        given: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
        self._bucket = Bucket(
            settings.files_s3_bucket,
            region=settings.files_s3_region,
            access_key_id=settings.files_s3_access_key,
            secret_access_key=settings.files_s3_secret_key,
            virtual_hosted_style_request=settings.files_s3_virtual_host,
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": TIMEOUT},
            retry_config={"max_retries": 3, "retry_timeout": RETRY_FOR},
            **given,
        )

    def put(self, place: PurePosixPath, content: bytes) -> None:
        """See Store: the store answers when it has the object."""
        try:
            obstore.put(self._bucket, str(place), content)
        except exceptions.BaseError as error:
            raise _unreachable(error) from error

    def get(self, place: PurePosixPath) -> bytes | None:
        """See Store."""
        try:
            return bytes(obstore.get(self._bucket, str(place)).bytes())
        except (exceptions.NotFoundError, FileNotFoundError):
            return None
        except exceptions.BaseError as error:
            raise _unreachable(error) from error

    def has(self, place: PurePosixPath) -> bool:
        """See Store."""
        try:
            obstore.head(self._bucket, str(place))
        except (exceptions.NotFoundError, FileNotFoundError):
            return False
        except exceptions.BaseError as error:
            raise _unreachable(error) from error
        return True

    def remove(self, place: PurePosixPath) -> None:
        """See Store."""
        try:
            obstore.delete(self._bucket, str(place))
        except (exceptions.NotFoundError, FileNotFoundError):
            return
        except exceptions.BaseError as error:
            raise _unreachable(error) from error

    def places(self) -> Iterator[tuple[PurePosixPath, int]]:
        """See Store. S3 lists in the order of names."""
        try:
            for page in obstore.list(self._bucket):
                for one in page:
                    yield PurePosixPath(one["path"]), one["size"]
        except exceptions.BaseError as error:
            raise _unreachable(error) from error


def _unreachable(error: Exception) -> ConnectionError:
    # the error's own text may name the bucket and the request: the type says enough
    return ConnectionError(f"the file store did not answer as it should ({type(error).__name__})")
