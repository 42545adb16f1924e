from __future__ import annotations


def test_files_are_listed_and_added_with_their_signature(wire, run, tmp_path):
    for name, text in (("fw.bin", "firmware"), ("fw.sig", "c2ln\n"), ("fw.pem", "PEM\n")):
        (tmp_path / name).write_text(text)
    wire.answers = [(201, {"id": "7"}), (200, {"id": "7"})]
    line = f"firmware add {tmp_path / 'fw.bin'} --version 2.1 --signature {tmp_path / 'fw.sig'}"
    assert "belong together" in run(line)[2]
    assert run(f"{line} --certificate {tmp_path / 'fw.pem'}")[0] == 0
    assert wire.asked[0][2] == {"name": "fw.bin", "firmware_version": "2.1"}
    assert wire.last == ("PATCH", "files/7", {}, {"signature": "c2ln", "signing_certificate": "PEM"})
    wire.answers = [(200, {"data": [{"id": "7", "name": "fw.bin", "signature": "c2ln"}], "next_cursor": None})]
    assert "yes" in run("firmware list")[1]
    assert wire.last[2]["kind"] == "file"
    assert "cannot be read" in run("firmware add /none")[2]


def test_starting_without_following_and_progress(wire, run):
    wire.answers = [(202, {"id": "cmd_1", "state": "queued"})]
    assert run("firmware start CS1 7 --install-at 2026-01-01T00:00:00Z --retries 2")[0] == 0
    fields = {"type": "update_firmware", "file_id": "7", "install_at": "2026-01-01T00:00:00Z", "retries": 2}
    assert wire.last[3] == fields
    wire.answers = [(200, {"data": [{"id": "p1", "status": "Installed"}], "next_cursor": None})]
    assert "Installed" in run("firmware progress CS1")[1]
    assert wire.last[:2] == ("GET", "stations/CS1/procedures")
