"""The folder that the replicas of an engine share: what lies in it is what each of them comes to have."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from routing.errors import ConfigError
from routing.steering.profile_file import SUFFIX, parse_profile, read_profile, write_profile


@dataclass(frozen=True, slots=True)
class FolderContent:
    """What a look into the folder found. profiles: files by reference. unreadable: why, by the file's name."""

    profiles: Mapping[str, Path]
    unreadable: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _File:
    changed_at_ns: int
    size: int
    reference: str | None
    refusal: str | None


class ProfileFolder:
    """A folder of ``*.safetensors``. Reads the disk, so not for the event loop; a file only when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files: dict[Path, _File] = {}

    def look(self) -> FolderContent:
        """What is in it now. A file that is no profile hides no other. Raises `OSError` where the folder is gone."""
        paths = sorted(path for path in self.path.iterdir() if path.name.endswith(SUFFIX))
        self._files = {path: self._read(path) for path in paths}
        return FolderContent(
            {file.reference: path for path, file in self._files.items() if file.reference is not None},
            {path.name: file.refusal for path, file in self._files.items() if file.refusal is not None},
        )

    def put(self, content: bytes) -> None:
        """Writes the profile in a file's content, whole or not at all, unless it is there under any name.

        Raises `ConfigError` where it cannot.
        """
        profile = parse_profile(content, "the profile")
        try:
            if profile.reference not in self.look().profiles:
                write_profile(profile, self.path / f"{profile.reference}{SUFFIX}")
        except OSError as error:
            raise _not_writable(error) from None

    def take_out(self, reference: str) -> None:
        """Removes every file with the profile. Raises `ConfigError` where it cannot."""
        try:
            self.look()
            for path, file in self._files.items():
                if file.reference == reference:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise _not_writable(error) from None

    def _read(self, path: Path) -> _File:
        try:
            status = path.stat()
        except OSError as error:
            return _File(0, 0, None, error.strerror)
        known = self._files.get(path)
        if known and (known.changed_at_ns, known.size) == (status.st_mtime_ns, status.st_size):
            return known
        try:
            return _File(status.st_mtime_ns, status.st_size, read_profile(path).reference, None)
        except ConfigError as error:
            return _File(status.st_mtime_ns, status.st_size, None, error.message)


def _not_writable(error: OSError) -> ConfigError:
    return ConfigError(f"the folder of profiles cannot be changed: {error.strerror}")
