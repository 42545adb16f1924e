"""Compiles the XML schemas of ISO 15118 into the grammar tables of plugcharge/exi: facts about order and codes.

    python tools/exi_tables.py SCHEMAS      SCHEMAS holds iso15118_2/, iso15118_20/ and xmldsig-core-schema.xsd

EXI 1.0, schema-informed (W3C EXI 8.5): each complex type becomes an automaton (Glushkov: one state for each element
particle) whose productions are numbered in the order the standard gives them. Only what certificate messages need is
kept; every other production keeps its number, so that the codes stay right, and leads nowhere.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

TARGET = Path(__file__).resolve().parent.parent / "src/ohmstead/plugcharge/exi/tables"
XS = "http://www.w3.org/2001/XMLSchema"
X = f"{{{XS}}}"
_INTEGERS: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None), "nonNegativeInteger": (0, None), "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0), "negativeInteger": (None, -1),
    "long": (-(2**63), 2**63 - 1), "int": (-(2**31), 2**31 - 1), "short": (-(2**15), 2**15 - 1), "byte": (-128, 127),
    "unsignedLong": (0, 2**64 - 1), "unsignedInt": (0, 2**32 - 1), "unsignedShort": (0, 65535),
    "unsignedByte": (0, 255),
}  # fmt: skip
_OTHERS = {"base64Binary": "base64", "hexBinary": "hex", "boolean": "bool"}


class Name(NamedTuple):
    """A qualified name; sorts as EXI numbers things: by local name, then by namespace."""

    local: str
    namespace: str


@dataclass(frozen=True)
class Context:
    """What a schema document says about the names in it."""

    target: str
    prefixes: dict[str, str]
    qualified: bool

    def name(self, text: str) -> Name:
        prefix, _, local = text.rpartition(":")
        return Name(local, self.prefixes.get(prefix, ""))


class Declared(NamedTuple):
    """A declaration and the document it stands in."""

    node: ET.Element
    context: Context


@dataclass
class Simple:
    kind: str
    low: int | None = None
    high: int | None = None
    values: list[str] | None = None


class Attribute(NamedTuple):
    name: Name
    type: Simple
    required: bool


@dataclass
class Complex:
    attributes: list[Attribute] = field(default_factory=list)
    content: Any = None
    """A particle: ("element", [(name, declared)]), ("any",), ("sequence" or "choice", parts), ("repeat", part, least,
    most)."""
    simple: Simple | None = None
    mixed: bool = False


Type = Simple | Complex | None


class Schema:
    """All documents that one schema imports and includes."""

    def __init__(self, path: Path) -> None:
        self._read: set[Path] = set()
        self.elements: dict[Name, Declared] = {}
        self.types: dict[Name, Declared] = {}
        self.attributes: dict[Name, Declared] = {}
        self.groups: dict[Name, Declared] = {}
        self.attribute_groups: dict[Name, Declared] = {}
        self.members: dict[Name, list[Name]] = {}
        """Head of a substitution group -> its members."""
        self.everywhere: dict[Name, list[Declared]] = {}
        """Every element that is declared anywhere: what a fragment may begin with."""
        self.attributes_everywhere: set[Name] = set()
        self._made: dict[int, Type] = {}
        self._load(path, None)

    # -------------------------------------------------------------- reading

    def _load(self, path: Path, included_in: str | None) -> None:
        if not path.exists():  # the package that carries the schemas has this one once, a folder above
            path = path.parent.parent / path.name
        path = path.resolve()
        if path in self._read:
            return
        self._read.add(path)
        prefixes: dict[str, str] = {}
        root: ET.Element | None = None
        for event, found in ET.iterparse(path, events=("start-ns", "start")):
            if event == "start-ns":
                prefixes[found[0]] = found[1]
            elif root is None:
                root = found
        assert root is not None
        target = root.get("targetNamespace", included_in or "")
        context = Context(target, prefixes, root.get("elementFormDefault") == "qualified")
        for node in root:
            kind, location = _tag(node), node.get("schemaLocation")
            if kind in ("import", "include") and location:
                self._load(path.parent / location, target if kind == "include" else None)
            else:
                self._declare(kind, Declared(node, context))
        self._walk(root, context, top=True)

    def _declare(self, kind: str, one: Declared) -> None:
        tables = {
            "element": self.elements, "complexType": self.types, "simpleType": self.types,
            "attribute": self.attributes, "group": self.groups, "attributeGroup": self.attribute_groups,
        }  # fmt: skip
        if kind in tables:
            name = Name(one.node.get("name", ""), one.context.target)
            tables[kind][name] = one
            if kind == "element" and (head := one.node.get("substitutionGroup")):
                self.members.setdefault(one.context.name(head), []).append(name)

    def _walk(self, node: ET.Element, context: Context, *, top: bool) -> None:
        for child in node:
            kind, name = _tag(child), child.get("name")
            if name and kind == "element":
                qualified = top or context.qualified or child.get("form") == "qualified"
                full = Name(name, context.target if qualified else "")
                self.everywhere.setdefault(full, []).append(Declared(child, context))
            if name and kind == "attribute":
                self.attributes_everywhere.add(Name(name, context.target if top else ""))
            self._walk(child, context, top=False)

    # -------------------------------------------------------------- types

    def type_of(self, element: Declared) -> Type:
        """The type of an element; None is xs:anyType."""
        node, context = element
        if named := node.get("type"):
            return self._named(context.name(named))
        for child in node:
            if _tag(child) == "complexType":
                return self._complex(Declared(child, context))
            if _tag(child) == "simpleType":
                return self._simple(Declared(child, context))
        if head := node.get("substitutionGroup"):
            return self.type_of(self.elements[context.name(head)])
        return None

    def _named(self, name: Name) -> Type:
        if name.namespace == XS:
            return None if name.local == "anyType" else _builtin(name.local)
        found = self.types[name]
        return self._complex(found) if _tag(found.node) == "complexType" else self._simple(found)

    def _simple(self, one: Declared) -> Simple:
        restriction = one.node.find(X + "restriction")
        if restriction is None:
            return Simple("unsupported")
        named = restriction.get("base")
        inner = restriction.find(X + "simpleType")
        base = self._named(one.context.name(named)) if named else self._simple(Declared(inner, one.context))  # type: ignore[arg-type]
        assert isinstance(base, Simple)
        low, high, values = base.low, base.high, []
        for facet in restriction:
            kind, value = _tag(facet), facet.get("value", "")
            if kind == "enumeration":
                values.append(value)
            elif base.kind == "int":
                low = _lower(kind, value, low)
                high = _upper(kind, value, high)
        return Simple(base.kind, low, high, values or base.values)

    def _complex(self, one: Declared) -> Complex:
        known = self._made.get(id(one.node))
        if isinstance(known, Complex):
            return known
        made = self._made[id(one.node)] = Complex(mixed=one.node.get("mixed") == "true")
        self._body(one, made)
        made.attributes.sort(key=lambda attribute: attribute.name)
        return made

    def _body(self, one: Declared, into: Complex) -> None:
        for child in one.node:
            kind, part = _tag(child), Declared(child, one.context)
            if kind in ("complexContent", "simpleContent"):
                self._derived(part, into)
            elif kind in ("sequence", "choice", "all", "group"):
                particle = self._particle(part)
                into.content = particle if into.content is None else ("sequence", [into.content, particle])
            elif kind == "attribute" and child.get("use") != "prohibited":
                self._attribute(part, into)
            elif kind == "attributeGroup":
                self._body(self.attribute_groups[one.context.name(child.get("ref", ""))], into)

    def _derived(self, one: Declared, into: Complex) -> None:
        step = one.node[0]
        base = self._named(one.context.name(step.get("base", "")))
        into.mixed |= one.node.get("mixed") == "true"
        if isinstance(base, Simple):
            into.simple = base
        elif base is not None:
            into.attributes, into.simple = list(base.attributes), base.simple
            into.mixed |= base.mixed
            if step.tag == X + "extension":
                into.content = base.content
        self._body(Declared(step, one.context), into)

    def _attribute(self, one: Declared, into: Complex) -> None:
        node, context = one
        if ref := node.get("ref"):
            name = context.name(ref)
            said = self.attributes[name]
        else:
            name = Name(node.get("name", ""), context.target if node.get("form") == "qualified" else "")
            said = one
        if named := said.node.get("type"):
            kind = self._named(said.context.name(named))
        else:
            kind = self._simple(Declared(said.node.find(X + "simpleType"), said.context))  # type: ignore[arg-type]
        assert isinstance(kind, Simple)
        others = [attribute for attribute in into.attributes if attribute.name != name]
        into.attributes = [*others, Attribute(name, kind, node.get("use") == "required")]

    def _particle(self, one: Declared) -> Any:
        node, context = one
        kind = _tag(node)
        if kind == "element":
            made: Any = ("element", self._alternatives(node, context))
        elif kind == "any":
            made = ("any",)
        elif kind == "group":
            group = self.groups[context.name(node.get("ref", ""))]
            made = self._particle(Declared(next(_parts(group.node)), group.context))
        else:
            word = "choice" if kind == "choice" else "sequence"
            made = (word, [self._particle(Declared(part, context)) for part in _parts(node)])
        least, most = int(node.get("minOccurs", "1")), node.get("maxOccurs", "1")
        if (least, most) == (1, "1"):
            return made
        return ("repeat", made, least, None if most == "unbounded" else int(most))

    def _alternatives(self, node: ET.Element, context: Context) -> list[tuple[Name, Declared]]:
        """The element, and where it is the head of a substitution group all members too, in EXI's order."""
        ref = node.get("ref")
        if ref is None:
            qualified = context.qualified or node.get("form") == "qualified"
            return [(Name(node.get("name", ""), context.target if qualified else ""), Declared(node, context))]
        found, todo = {context.name(ref)}, [context.name(ref)]
        while todo:
            for member in self.members.get(todo.pop(), []):
                if member not in found:
                    found.add(member)
                    todo.append(member)
        return [(name, self.elements[name]) for name in sorted(found)]


def _lower(kind: str, value: str, before: int | None) -> int | None:
    return int(value) + (kind == "minExclusive") if kind.startswith("min") and kind.endswith("clusive") else before


def _upper(kind: str, value: str, before: int | None) -> int | None:
    return int(value) - (kind == "maxExclusive") if kind.startswith("max") and kind.endswith("clusive") else before


def _tag(node: ET.Element) -> str:
    return node.tag.replace(X, "") if isinstance(node.tag, str) else ""


def _parts(node: ET.Element) -> Iterator[ET.Element]:
    return (child for child in node if _tag(child) != "annotation")


def _builtin(name: str) -> Simple:
    if name in _INTEGERS:
        return Simple("int", *_INTEGERS[name])
    return Simple(_OTHERS.get(name, "text"))


# ------------------------------------------------------------------ Glushkov


class Part(NamedTuple):
    """What is known of a particle: may it be empty, with which positions does it begin and end."""

    empty: bool
    first: list[int]
    last: list[int]


class Automaton:
    """The positions of a content model, and which may follow which."""

    def __init__(self, content: Any) -> None:
        self.positions: list[Any] = []
        self.follow: list[list[int]] = []
        self.whole = self._of(content)

    def _of(self, particle: Any) -> Part:
        if particle is None:
            return Part(True, [], [])
        if particle[0] in ("element", "any"):
            self.positions.append(particle)
            self.follow.append([])
            here = len(self.positions) - 1
            return Part(False, [here], [here])
        if particle[0] == "sequence":
            return self._joined(partial(self._of, part) for part in particle[1])
        if particle[0] == "choice":
            parts = [self._of(part) for part in particle[1]]
            first = [one for part in parts for one in part.first]
            last = [one for part in parts for one in part.last]
            return Part(any(part.empty for part in parts), first, last)
        return self._repeated(*particle[1:])

    def _joined(self, parts: Iterable[Callable[[], Part]]) -> Part:
        whole = Part(True, [], [])
        for make in parts:
            part = make()
            self._connect(whole.last, part.first)
            first = whole.first + part.first if whole.empty else whole.first
            whole = Part(whole.empty and part.empty, first, whole.last + part.last if part.empty else part.last)
        return whole

    def _repeated(self, particle: Any, least: int, most: int | None) -> Part:
        if most is None:
            made: list[Part] = []

            def again() -> Part:
                made.append(self._of(particle))
                return made[-1]

            whole = self._joined(again for _ in range(max(least, 1)))
            self._connect(made[-1].last, made[-1].first)
            return Part(whole.empty or least == 0, whole.first, whole.last)
        needed = [partial(self._of, particle)] * least
        return self._joined([*needed, partial(self._optional, particle, most - least)])

    def _optional(self, particle: Any, times: int) -> Part:
        """Up to so many, each only after the one before."""
        parts = [self._of(particle) for _ in range(times)]
        whole = Part(True, [], [])
        for part in reversed(parts):
            self._connect(part.last, whole.first)
            first = part.first + (whole.first if part.empty else [])
            whole = Part(True, first, part.last + whole.last)
        return whole

    def _connect(self, last: Iterable[int], first: Iterable[int]) -> None:
        for one in last:
            self.follow[one] += [other for other in first if other not in self.follow[one]]


# ------------------------------------------------------------------ tables


class Table:
    """The table of one schema. `wanted` names the elements of substitution groups and fragments that are kept."""

    def __init__(self, schema: Schema, roots: list[str], fragments: list[str], dropped: frozenset[str]) -> None:
        self._schema, self._dropped = schema, dropped
        self._types: list[dict[str, Any] | None] = []
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # keeps ids of types unique
        names, everywhere = sorted(schema.elements), sorted(schema.everywhere)
        self.made: dict[str, Any] = {
            "elements": {
                "count": len(names),
                "codes": {
                    n.local: [c, self._type(schema.elements[n])] for c, n in enumerate(names) if n.local in roots
                },
            },
            "fragments": {
                "count": len(everywhere),
                "codes": {n.local: [c, self._fragment(n)] for c, n in enumerate(everywhere) if n.local in fragments},
            },
            "attributes": {n.local: c for c, n in enumerate(sorted(schema.attributes_everywhere)) if n.local == "Id"},
            "attribute_count": len(schema.attributes_everywhere),
            "types": self._types,
        }

    def _fragment(self, name: Name) -> int:
        """The type of an element as a fragment; -1 where it has several, so that the relaxed grammar counts (8.5.3)."""
        declared = self._schema.everywhere[name]
        types = [self._schema.type_of(one) for one in declared]
        same = all(
            one is types[0] or (isinstance(one, Simple) and said.node.get("type") == declared[0].node.get("type"))
            for one, said in zip(types, declared, strict=True)
        )
        return self._type(declared[0]) if same else -1

    def _type(self, element: Declared) -> int:
        found = self._schema.type_of(element)
        if found is None:
            return -1
        return self._simple(found) if isinstance(found, Simple) else self._complex(found)

    def _add(self, row: dict[str, Any] | None) -> int:
        self._types.append(row)
        return len(self._types) - 1

    def _simple(self, one: Simple) -> int:
        row: dict[str, Any] = {"kind": "enum", "values": one.values} if one.values else {"kind": one.kind}
        if one.kind == "int" and not one.values:
            row |= {"low": one.low, "high": one.high}
        return self._types.index(row) if row in self._types else self._add(row)

    def _complex(self, one: Complex) -> int:
        if id(one) not in self._numbers:
            self._kept.append(one)
            self._numbers[id(one)] = number = self._add(None)
            self._types[number] = {"kind": "complex", **self._states(one)}
        return self._numbers[id(one)]

    def _states(self, one: Complex) -> dict[str, Any]:
        """States: one before each attribute, one at the beginning of the content, one after each element."""
        automaton, count = Automaton(one.content), len(one.attributes)
        after, whole = count + 1, automaton.whole
        if one.simple is not None:
            content: list[list[Any]] = [["text", self._simple(one.simple), after]]
            rest: list[list[list[Any]]] = [[["end"]]]
        else:
            lasts = set(whole.last)
            content = self._productions(automaton, whole.first, after)
            content += _ending(ends=whole.empty, mixed=one.mixed, here=count)
            rest = [
                self._productions(automaton, automaton.follow[n], after)
                + _ending(ends=n in lasts, mixed=one.mixed, here=after + n)
                for n in range(len(automaton.positions))
            ]
        states = [content]
        for n in range(count - 1, -1, -1):
            name, kind, required = one.attributes[n]
            here = ["attribute", name.local, self._simple(kind), n + 1]
            states.insert(0, [here] if required else [here, *states[0]])
        states += rest
        return {"states": [_numbered(state) for state in states], "many": _repeating(states)}

    def _productions(self, automaton: Automaton, following: list[int], after: int) -> list[list[Any]]:
        """The elements that may follow; the state behind position n is `after` + n."""
        elements, wildcards = [], []
        for position in following:
            if automaton.positions[position][0] == "any":
                wildcards.append(["element", "", -1, after + position])
                continue
            for name, declared in automaton.positions[position][1]:
                kept = -1 if name.local in self._dropped else self._type(declared)
                elements.append(["element", name.local, kept, after + position])
        return elements + wildcards


def _ending(*, ends: bool, mixed: bool, here: int) -> list[list[Any]]:
    return [["end"]] * ends + [["mixed", here]] * mixed


def _numbered(state: list[list[Any]]) -> list[Any]:
    """How many productions there are, and those that lead somewhere, with their codes."""
    return [len(state), [[code, *one] for code, one in enumerate(state) if one[0] != "element" or one[2] >= 0]]


def _repeating(states: list[list[list[Any]]]) -> list[str]:
    """The elements that may come again after themselves: their values are lists."""
    found = set()
    for state in states:
        for one in state:
            if one[0] == "element" and one[1] and any(other[:2] == one[:2] for other in states[one[3]]):
                found.add(one[1])
    return sorted(found)


# ------------------------------------------------------------------ what is needed

INSTALLATION = ["CertificateInstallationReq", "CertificateInstallationRes"]
UPDATE = ["CertificateUpdateReq", "CertificateUpdateRes"]
SIGNED_2 = ["ContractSignatureCertChain", "ContractSignatureEncryptedPrivateKey", "DHpublickey", "eMAID"]
SIGNED_20 = ["OEMProvisioningCertificateChain", "SignedInstallationData", "SignedInfo"]
AS_DOCUMENTS_20 = ["SignedInstallationData"]
"""What some stacks digest as a document instead of a fragment."""
NOT_NEEDED = frozenset({"KeyInfo", "Object", "Manifest", "SignatureProperties"})


def tables(schemas: Path) -> dict[str, Table]:
    """Table name -> table, of the schemas in a folder."""
    second = Schema(schemas / "iso15118_2" / "V2G_CI_MsgDef.xsd")
    bodies = {name.local for name in second.members[Name("BodyElement", "urn:iso:15118:2:2013:MsgBody")]}
    twenty = Schema(schemas / "iso15118_20" / "V2G_CI_CommonMessages.xsd")
    signature = Schema(schemas / "xmldsig-core-schema.xsd")
    others = frozenset(bodies) - set(INSTALLATION) - set(UPDATE) | NOT_NEEDED | {"BodyElement"}
    return {
        "iso15118-2": Table(second, ["V2G_Message"], [*INSTALLATION, *UPDATE, *SIGNED_2], others),
        "iso15118-20": Table(twenty, [*INSTALLATION, *AS_DOCUMENTS_20], SIGNED_20, NOT_NEEDED),
        "xmldsig": Table(signature, [], ["SignedInfo"], NOT_NEEDED),
    }


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    for name, table in tables(Path(arguments[0])).items():
        text = json.dumps(table.made, separators=(",", ":"))
        (TARGET / f"{name}.json").write_text(text + "\n")
        print(f"{name}: {len(table.made['types'])} types, {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
