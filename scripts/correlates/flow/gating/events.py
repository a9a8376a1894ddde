"""The events of one acquisition: channels by name, columns compensated once and only if needed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from correlates.flow.gating.compensation import FileMatrix, solve
from correlates.flow.gating.gates import FROM_FILE, UNCOMPENSATED, Compensation
from correlates.problems import did_you_mean

# A multiple of what the linear solver works on at once, so that every chunk's values are bit by bit
# those of the whole file; and small enough for the processor's cache.
CHUNK = 16_384
# Up to this size compensated columns are kept as they were solved, above it in single precision.
_SOLVED_BYTES = 24 * 2**20
# Columns as read that are kept at hand take no more than this, and two are kept always.
_KEPT_BYTES = 16 * 2**20
_ARENA_BYTES = 24 * 2**20
# Larger files are not held: reading the bytes again costs less than the memory of a second file.
_HELD_BYTES = 24 * 2**20


class UnknownChannel(LookupError):
    """A channel that a gate or a matrix names and the file does not have."""


class Events:
    """Events of one file, whole or a part, whose columns are asked for by name.

    Parameters
    ----------
    read
        ``read(start, stop)`` gives those events, (stop - start, channels), as the file's linear
        values; called again for every pass, so let it be a slice of an array or a cheap read.
    n_events
        How many there are.
    channels
        What the columns are: objects with ``name`` ($PnN) and ``label`` ($PnS, may be empty).
    spillover
        What compensation ``FCS`` means; None is a file without a matrix, that is uncompensated.
    """

    def __init__(
        self,
        read: Callable[[int, int], np.ndarray],
        n_events: int,
        channels: Sequence,
        spillover: Compensation | None = None,
    ):
        self.n_events = n_events
        self.channels = tuple(channels)
        self._read = read
        self._compensations = {} if spillover is None else {FROM_FILE: spillover}
        self._index = _index_of_names(self.channels)
        self._matrices: dict[str, FileMatrix] = {}
        self._solutions: dict[str, np.ndarray] = {}
        self._columns: dict[int, np.ndarray] = {}
        self._finite: dict[tuple[str | None, int], bool] = {}

    @classmethod
    def of_array(cls, values: np.ndarray, channels: Sequence, spillover=None) -> "Events":
        """Return the events of an array, (n, channels), which is kept and not copied."""
        return cls(lambda start, stop: values[start:stop], len(values), channels, spillover)

    @classmethod
    def of_file(cls, header, spillover: Compensation | None = None, hold: bool = False) -> "Events":
        """Return the events of an FCS file.

        Parameters
        ----------
        header
            What ``intake.fcs.read_header`` returns.
        spillover
            The matrix to use, from the file's keyword or from a table.
        hold
            Read the file into memory now if it is small, as one who asks for many columns wants;
            otherwise every pass reads it again, in chunks.
        """
        size = header.n_events * len(header.channels) * header.dtype.itemsize
        if hold and size <= _HELD_BYTES:
            return cls.of_array(header.events(0, header.n_events), header.channels, spillover)
        return cls(header.events, header.n_events, header.channels, spillover)

    def using(self, compensations: Mapping[str, Compensation]) -> "Events":
        """Return the same events that also know a strategy's own compensations."""
        known = {**self._compensations, **compensations}
        if known == self._compensations:
            return self
        return self._part(self._read, self.n_events, known)

    def chunks(self, size: int = CHUNK) -> Iterator[tuple[int, "Events"]]:
        """Yield the first event's number and the events of each chunk, in order."""
        # The C library hands freed memory back and fetches it anew for every chunk, a fifth of the
        # time, unless it has seen a larger block come and go. This one is never touched.
        np.empty(_ARENA_BYTES, dtype=np.uint8)
        for start in range(0, self.n_events, size):
            stop = min(start + size, self.n_events)
            block = self._read(start, stop)
            yield start, self._part(_slice_of(block), stop - start, self._compensations)

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the first event's number and the values as read of each chunk, in order."""
        for start in range(0, self.n_events, CHUNK):
            yield start, self._read(start, min(start + CHUNK, self.n_events))

    def column(self, channel: str) -> int:
        """Return the column of a channel, given by $PnN, $PnS or FlowJo's spelling of either.

        Raises
        ------
        UnknownChannel
            If there is none, and which name is nearest; or if there are several.
        """
        if channel not in self._index:
            msg = f"No channel {channel!r} in the file. {did_you_mean(channel, tuple(self._index))}"
            raise UnknownChannel(msg)
        if self._index[channel] is None:
            msg = f"Several channels of the file are called {channel!r}."
            raise UnknownChannel(msg)
        return self._index[channel]

    @property
    def spillover(self) -> Compensation | None:
        """What compensation ``FCS`` means here, its detectors in the file's order."""
        matrix = self._matrix(FROM_FILE)
        if matrix is None:
            return None
        names = tuple(self.channels[column].name for column in matrix.columns)
        return Compensation(names, names, tuple(map(tuple, matrix.values.tolist())))

    def name_of(self, channel: str) -> str:
        """Return a channel's $PnN; a name that is no channel's comes back as it is."""
        column = self._index.get(channel)
        return channel if column is None else self.channels[column].name

    def find(self, channel: str, compensation: str = UNCOMPENSATED) -> None:
        """Raise UnknownChannel unless ``values`` would find this channel."""
        self._place(channel, compensation)

    def values(
        self,
        channel: str,
        compensation: str = UNCOMPENSATED,
        indices: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return one channel's linear values.

        Parameters
        ----------
        channel
            As ``column`` takes it, or a fluorochrome of the compensation.
        compensation
            ``uncompensated``, ``FCS`` or the id of another known matrix. A channel that the matrix
            does not hold is returned as read.
        indices
            Ascending event numbers; None is all events.

        Returns
        -------
        float64, (n,) or as many as ``indices``. Not to be written to: it may be kept.
        """
        name, place = self._place(channel, compensation)
        column = self._column(name, place)
        return (column if indices is None else column[indices]).astype(float, copy=False)

    def single(self, channel: str, compensation: str = UNCOMPENSATED) -> np.ndarray:
        """Return one channel's linear values in single precision, (n,); not to be written to.

        Nothing is copied where a large file's solution is kept so.
        """
        return self._column(*self._place(channel, compensation)).astype(np.float32, copy=False)

    def is_rounded(self, channel: str, compensation: str) -> bool:
        """Return whether ``values`` are the solved system's rounded to single precision."""
        name, _ = self._place(channel, compensation)
        return not self._is_solved(name)

    def is_finite(self, channel: str, compensation: str) -> bool:
        """Return whether every value of a channel is a finite number."""
        place = self._place(channel, compensation)
        if place not in self._finite:
            self._finite[place] = bool(np.isfinite(self._column(*place)).all())
        return self._finite[place]

    def solved(self, channel: str, compensation: str, indices: np.ndarray) -> np.ndarray:
        """Return a few events' values, the compensation solved whatever it costs."""
        name, place = self._place(channel, compensation)
        if self._is_solved(name):
            return self.values(channel, compensation, indices)
        matrix, values = self._matrix(name), np.empty(len(indices))
        for start in range(0, self.n_events, CHUNK):
            stop = min(start + CHUNK, self.n_events)
            first, last = np.searchsorted(indices, (start, stop))
            if last > first:
                block = self._read(start, stop)
                detected = block[indices[first:last] - start][:, matrix.columns].astype(float)
                values[first:last] = solve(matrix.values, detected)[place]
        return values

    def _part(self, read, n_events, compensations) -> "Events":
        part = Events(read, n_events, ())
        part.channels, part._index = self.channels, self._index
        part._compensations = dict(compensations)
        if part._compensations == self._compensations:
            part._matrices = self._matrices
        return part

    def _place(self, channel: str, compensation: str) -> tuple[str | None, int]:
        """Return the matrix (None: as read) and the row of its solution or the file's column."""
        matrix = self._matrix(compensation)
        column = self._index.get(channel)
        if matrix is not None:
            if column in matrix.row_of_column:
                return compensation, matrix.row_of_column[column]
            if channel not in self._index and channel in matrix.row_of_name:
                return compensation, matrix.row_of_name[channel]
        return None, self.column(channel)

    def _matrix(self, name: str) -> FileMatrix | None:
        if name == UNCOMPENSATED or (name == FROM_FILE and name not in self._compensations):
            return None
        if name not in self._matrices:
            if name not in self._compensations:
                known = sorted({UNCOMPENSATED, FROM_FILE, *self._compensations})
                msg = f"No compensation {name!r}. {did_you_mean(name, known)}"
                raise UnknownChannel(msg)
            self._matrices[name] = FileMatrix.of(
                self._compensations[name], self.column, in_file_order=name == FROM_FILE
            )
        return self._matrices[name]

    def _is_solved(self, name: str | None) -> bool:
        if name is None:
            return True
        return 8 * self.n_events * len(self._matrix(name).columns) <= _SOLVED_BYTES

    def _column(self, name: str | None, place: int) -> np.ndarray:
        return self._as_read(place) if name is None else self._solution(name)[place]

    def _solution(self, name: str) -> np.ndarray:
        """Return what a matrix gives, (fluorochromes, n_events); solved once."""
        if name not in self._solutions:
            matrix = self._matrix(name)
            kind = float if self._is_solved(name) else np.float32
            solution = np.empty((len(matrix.values), self.n_events), dtype=kind)
            for start, block in self.blocks():
                detected = block[:, matrix.columns].astype(float)
                solution[:, start : start + len(block)] = solve(matrix.values, detected)
            self._solutions[name] = solution
        return self._solutions[name]

    def _as_read(self, place: int) -> np.ndarray:
        """Return a column of the file; the last few stay at hand."""
        if place not in self._columns:
            column = np.empty(self.n_events, self._read(0, 0).dtype)
            for start, block in self.blocks():
                column[start : start + len(block)] = block[:, place]
            self._columns[place] = column
            kept = max(2, _KEPT_BYTES // max(column.nbytes, 1))
            for old in list(self._columns)[:-kept]:
                del self._columns[old]
        return self._columns[place]


def _slice_of(block: np.ndarray) -> Callable[[int, int], np.ndarray]:
    return lambda start, stop: block[start:stop]


def _index_of_names(channels: Sequence) -> dict[str, int | None]:
    """Return the column of every name; $PnN goes before $PnS, that before FlowJo's spelling.

    A name of several channels has no column: whichever were taken, it might be the wrong one.
    """
    index: dict[str, int | None] = {}
    for names in (
        [channel.name for channel in channels],
        [channel.label for channel in channels],
        [channel.name.replace("/", "_") for channel in channels],
    ):
        repeated = {name for name, count in Counter(names).items() if count > 1}
        for column, name in enumerate(names):
            if name:
                index.setdefault(name, None if name in repeated else column)
    return index
