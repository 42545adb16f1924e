"""Schemas to tables, on a schema of a few lines in which each rule shows."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_spec = importlib.util.spec_from_file_location("exi_tables", Path(__file__).parents[2] / "tools" / "exi_tables.py")
exi_tables = importlib.util.module_from_spec(_spec)
sys.modules["exi_tables"] = exi_tables  # dataclasses look their module up
_spec.loader.exec_module(exi_tables)

SCHEMA = """<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:a" targetNamespace="urn:a"
           elementFormDefault="qualified">
  <xs:element name="Root"><xs:complexType>
    <xs:sequence>
      <xs:element ref="Head"/>
      <xs:element name="Again" type="xs:string" maxOccurs="2"/>
      <xs:element name="Many" type="Small" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:attribute name="Id" type="xs:ID" use="required"/>
    <xs:attribute name="Also" type="xs:string"/>
  </xs:complexType></xs:element>
  <xs:element name="Head" type="xs:boolean" abstract="true"/>
  <xs:element name="Zed" type="xs:hexBinary" substitutionGroup="Head"/>
  <xs:element name="Alef" type="xs:base64Binary" substitutionGroup="Head"/>
  <xs:simpleType name="Small"><xs:restriction base="xs:unsignedByte">
    <xs:minExclusive value="2"/><xs:maxInclusive value="9"/>
  </xs:restriction></xs:simpleType>
</xs:schema>"""


def test_a_schema_as_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.xsd").write_text(SCHEMA)
    made = exi_tables.Table(exi_tables.Schema(tmp_path / "a.xsd"), ["Root"], ["Zed"], frozenset({"Alef"})).made
    assert made["elements"] == {"count": 4, "codes": {"Root": [2, 0]}}
    assert (made["fragments"]["count"], made["fragments"]["codes"]["Zed"][0]) == (6, 5)
    root = made["types"][0]
    assert root["many"] == ["Again", "Many"]
    names = [[(one[0], *one[1:3]) for one in rows] for _, rows in root["states"]]
    assert names[0] == [(0, "attribute", "Also"), (1, "attribute", "Id")]
    assert names[1] == [(0, "attribute", "Id")]
    assert names[2] == [(1, "element", "Head"), (2, "element", "Zed")]  # Alef has the code 0 and leads nowhere
    assert [count for count, _ in root["states"]] == [2, 1, 3, 1, 3, 2, 2]
    assert {"kind": "int", "low": 3, "high": 9} in made["types"]
