"""The grammar of CSV: cells of one record, fed line by line. Strict: a quote must open and close a cell. Pure."""

import re

from lambdas.jobs.import_options import CsvOptions

LINE_ENDS = (b"", b"\n", b"\r\n")


class CsvDamageError(Exception):
    """The record is damaged. `text` is a sentence with `{line}` for the record's first line."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class CsvScanner:
    """Scans one record after the other. `cells` are those of the record that is complete."""

    def __init__(self, options: CsvOptions) -> None:
        self._delimiter = (options.delimiter or ",").encode()
        self._quote = options.quote.encode() if options.quoting == "minimal" else b""
        self._escape = (options.escape or "").encode()
        # What writers put an escape before. Before anything else it is a character like any other.
        self._escapable = (b"", b"\n", b"\r", self._delimiter, options.quote.encode(), self._escape)
        special = re.escape(self._quote) + re.escape(self._escape)
        self._in_quotes = re.compile(b"[" + special + b"]") if special else None
        self._outside = re.compile(b"[\r\n" + re.escape(self._delimiter) + special + b"]")
        self.reset()

    def reset(self) -> None:
        """Begin a record."""
        self.cells: list[bytes] = []
        self._cell = bytearray()
        self._at_cell_start = True
        self.is_open = False
        self._continues = False
        self._escaped = False

    @property
    def end_problem(self) -> str:
        """Why a record that is not complete at the end of the file is damaged."""
        if self.is_open:
            return "A quote opened at {line} is never closed."
        return "The record at {line} ends with the escape character."

    def feed(self, line: bytes) -> bool:
        """Take the next line of the record; True if it completes the record. Raises `CsvDamageError`."""
        if not self.is_open and not self._continues and not self._has_special(line):
            body = line.removesuffix(b"\n").removesuffix(b"\r")
            if b"\r" not in body:
                self.cells = body.split(self._delimiter)
                return True
        position = 0
        self._continues = False
        while position < len(line):
            if self.is_open:
                position = self._in_quoted_cell(line, position)
                if position < 0:
                    return True
            else:
                position = self._outside_quotes(line, position)
                if position < 0:
                    return True
        if self.is_open or self._continues:
            return False
        # The last line of the file, without a line end.
        self._push()
        return True

    def _has_special(self, line: bytes) -> bool:
        return bool(self._quote and self._quote in line) or bool(self._escape and self._escape in line)

    def _in_quoted_cell(self, line: bytes, position: int) -> int:
        found = self._in_quotes.search(line, position) if self._in_quotes else None
        if found is None:
            self._cell += line[position:]
            return len(line)
        at = found.start()
        self._cell += line[position:at]
        if found.group() == self._escape:
            return self._escaped_character(line, at)
        if line[at + 1 : at + 2] == self._quote:
            self._cell += self._quote
            return at + 2
        self.is_open = False
        after = at + 1
        if line[after : after + 1] == self._delimiter:
            self._push()
            return self._after_delimiter(line, after + 1)
        if line[after:] in LINE_ENDS:
            self._push()
            return -1
        raise CsvDamageError(
            "A cell of the record at {line} has text after its closing quote. Double the quotes inside of a cell, or "
            "set options.csv.escape (backslash) or options.csv.quoting (none) if the file is written so."
        )

    def _outside_quotes(self, line: bytes, position: int) -> int:
        if self._at_cell_start and self._quote and line[position : position + 1] == self._quote:
            self.is_open = True
            self._at_cell_start = False
            return position + 1
        self._at_cell_start = False
        found = self._outside.search(line, position)
        if found is None:
            self._cell += line[position:]
            return len(line)
        at = found.start()
        self._cell += line[position:at]
        match found.group():
            case self._delimiter:
                self._push()
                return self._after_delimiter(line, at + 1)
            case self._escape:
                return self._escaped_character(line, at)
            case self._quote:
                raise CsvDamageError(
                    "A cell of the record at {line} has a quote inside of text that is not in quotes. Put the cell in "
                    "quotes and double the quotes in it, or set options.csv.quoting to none."
                )
        if line[at:] in LINE_ENDS or line[at:] == b"\r":
            self._push()
            return -1
        raise CsvDamageError(
            "A cell of the record at {line} has a carriage return (CR) outside of quotes. Put the cell in quotes; "
            "lines must end in LF or CRLF."
        )

    def _escaped_character(self, line: bytes, at: int) -> int:
        character = line[at + 1 : at + 2]
        if character not in self._escapable:
            if not (character == b"N" and self._is_null(line, at)):
                self._cell += line[at : at + 2]
            return at + 2
        self._cell += character
        if character in (b"", b"\n"):
            self._continues = True
        return at + 2

    def _is_null(self, line: bytes, at: int) -> bool:
        """Whether the whole cell is a backslash and N, as MySQL and Hive write a missing value: it stays empty."""
        rest = line[at + 2 :]
        return not self.is_open and not self._cell and (rest in LINE_ENDS or rest.startswith(self._delimiter))

    def _after_delimiter(self, line: bytes, position: int) -> int:
        if position >= len(line):
            # The file ends with a delimiter: the last cell is empty.
            self._push()
            return -1
        return position

    def _push(self) -> None:
        self.cells.append(bytes(self._cell))
        self._cell.clear()
        self._at_cell_start = True

    def skim_record(self, pieces: list[bytes]) -> None:
        """Begin to follow only the quotes of a record that is too long, from its first piece."""
        self.reset()
        for piece in pieces:
            self.skim(piece)

    def skim(self, piece: bytes) -> None:
        """Follow the quotes of the next piece."""
        if self._in_quotes is None:
            return
        position = 1 if self._escaped else 0
        self._escaped = False
        while (found := self._in_quotes.search(piece, position)) is not None:
            position = found.end()
            if found.group() == self._quote:
                self.is_open = not self.is_open
            else:
                self._escaped = position >= len(piece)
                position += 1
