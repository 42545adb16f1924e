"""Bits out and in: the values of EXI 1.0, section 7.1."""

from __future__ import annotations


class ExiError(ValueError):
    """The message cannot be read or written; the text says why."""


class Writer:
    """Collects bits, most significant first."""

    __slots__ = ("_count", "_done", "_value")

    def __init__(self) -> None:
        self._value, self._count, self._done = 0, 0, bytearray()

    def bits(self, count: int, value: int) -> None:
        self._value = self._value << count | value
        self._count += count
        if self._count > 512:
            rest = self._count & 7
            self._done += (self._value >> rest).to_bytes((self._count - rest) // 8, "big")
            self._value, self._count = self._value & ((1 << rest) - 1), rest

    def unsigned(self, value: int) -> None:
        """7.1.6: seven bits an octet, the lowest first."""
        while value > 127:
            self.bits(8, value & 127 | 128)
            value >>= 7
        self.bits(8, value)

    def integer(self, value: int) -> None:
        """7.1.5: a sign, then the magnitude."""
        self.bits(1, value < 0)
        self.unsigned(-value - 1 if value < 0 else value)

    def binary(self, data: bytes) -> None:
        """7.1.1: length, then the octets."""
        self.unsigned(len(data))
        self.bits(8 * len(data), int.from_bytes(data, "big"))

    def text(self, text: str) -> None:
        """7.1.10, as a value that is in no string table (7.3.3): every other stack writes it so."""
        self.unsigned(len(text) + 2)
        for character in text:
            self.unsigned(ord(character))

    def done(self) -> bytes:
        """All of it, filled up to an octet."""
        self.bits(-self._count % 8, 0)
        return bytes(self._done) + self._value.to_bytes(self._count // 8, "big")


class Reader:
    """Reads bits, most significant first; every reading beyond the end raises ExiError."""

    __slots__ = ("_at", "_data", "_end", "texts")

    LONGEST_INTEGER = 280
    """Bits; serial numbers of certificates have 160."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._end = data, 0, 8 * len(data)
        self.texts: dict[str | None, list[str]] = {None: []}
        """String tables (7.3.3): by element or attribute, and the global one under None."""

    def bits(self, count: int) -> int:
        end = self._at + count
        if end > self._end:
            raise ExiError("the message ends too early")
        first, last = self._at >> 3, (end + 7) >> 3
        self._at = end
        return int.from_bytes(self._data[first:last], "big") >> (8 * last - end) & ((1 << count) - 1)

    def unsigned(self) -> int:
        value = shift = 0
        while True:
            octet = self.bits(8)
            value |= (octet & 127) << shift
            if octet < 128:
                return value
            shift += 7
            if shift > self.LONGEST_INTEGER:
                raise ExiError("an integer is too long")

    def integer(self) -> int:
        negative = self.bits(1)
        value = self.unsigned()
        return -value - 1 if negative else value

    def binary(self) -> bytes:
        count = self.unsigned()
        if self._at + 8 * count > self._end:
            raise ExiError("the message ends too early")
        return self.bits(8 * count).to_bytes(count, "big")

    def text(self, name: str) -> str:
        """A text, or the number of one that was there before under this name or under any."""
        count = self.unsigned()
        if count < 2:
            known = self.texts.get(name if count == 0 else None, [])
            number = self.bits(max(len(known) - 1, 0).bit_length())
            if number >= len(known):
                raise ExiError("a text is named that was not there")
            return known[number]
        if self._at + 8 * (count - 2) > self._end:
            raise ExiError("the message ends too early")
        try:
            text = "".join([chr(self.unsigned()) for _ in range(count - 2)])
        except (ValueError, OverflowError):
            raise ExiError("a character does not exist") from None
        if text:
            self.texts.setdefault(name, []).append(text)
            self.texts[None].append(text)
        return text
