"""Keys are replaced step by step; at no moment is a process met that another does not understand."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from services.machine import keys
from services.operations import rotation
from services.platform.errors import GridwardError, Unauthenticated
from services.platform.identity import TokenSigner, TokenVerifier, process_of, service_caller
from services.platform.seal import Sealer


class Life:
    """A process as it was started: with the keys and the trust of that moment."""

    def __init__(self, folder: Path) -> None:
        self.signers = [TokenSigner.from_file(keys.key_file(folder, name)) for name in keys.PROCESSES]
        self.verifier = TokenVerifier.from_file(keys.trust_file(folder))

    def understands(self, other: Life) -> bool:
        try:
            callers = [self.verifier.verify(signer.sign(service_caller(signer.name))) for signer in other.signers]
        except Unauthenticated:
            return False
        return [caller.subject for caller in callers] == [f"service:{name}" for name in keys.PROCESSES]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys.prepare(tmp_path)
    return tmp_path


def test_processes_of_two_steps_always_understand_each_other(folder: Path) -> None:
    lives = [Life(folder)]
    for step in rotation.STEPS.values():
        step(folder)
        lives.append(Life(folder))
    for before, after in itertools.pairwise(lives):
        assert before.understands(after)
        assert after.understands(before)


def test_in_the_end_the_old_keys_open_nothing(folder: Path) -> None:
    old = Life(folder)
    for step in rotation.STEPS.values():
        step(folder)
    new = Life(folder)
    assert not new.understands(old)
    assert new.understands(new)
    assert {key["kid"] for key in json.loads(keys.trust_file(folder).read_text())["keys"]} == {
        f"{name}~2" for name in keys.PROCESSES
    }


def test_a_step_repeated_changes_nothing(folder: Path) -> None:
    for step in rotation.STEPS.values():
        step(folder)
        before = {file.name: file.read_text() for file in folder.iterdir()}
        step(folder)
        assert {file.name: file.read_text() for file in folder.iterdir()} == before


def test_keys_can_be_replaced_again_and_again(folder: Path) -> None:
    for number in (2, 3):
        for step in rotation.STEPS.values():
            step(folder)
        assert json.loads(keys.key_file(folder, "gateway").read_text())["kid"] == f"gateway~{number}"


def test_what_is_trusted_is_never_a_private_key(folder: Path) -> None:
    for step in rotation.STEPS.values():
        step(folder)
        assert '"d"' not in keys.trust_file(folder).read_text()


def test_a_renewed_key_still_speaks_for_its_own_process_alone(folder: Path) -> None:
    for step in rotation.STEPS.values():
        step(folder)
    video = TokenSigner.from_file(keys.key_file(folder, "video"))
    assert process_of("video~2") == video.name == "video"
    with pytest.raises(GridwardError):
        TokenVerifier.from_file(keys.trust_file(folder)).verify(video.sign(service_caller("registry")))


def test_sealing_keys_are_replaced_in_two_steps_and_neighbouring_ones_open_each_other_s_seals(folder: Path) -> None:
    lives = [sealers(folder)]
    for step in (*rotation.SEAL_STEPS.values(), rotation.seal_switch):
        step(folder)
        lives.append(sealers(folder))
    for before, after in itertools.pairwise(lives):
        for name in keys.SEALING:
            for seals, opens in ((before[name], after[name]), (after[name], before[name])):
                assert opens.open(seals.seal("13912345678", place="p"), place="p") == "13912345678"
            assert before[name].blind_index("1", kind="k") == after[name].blind_index("1", kind="k")
    for name in keys.SEALING:
        assert lives[0][name].prefix != lives[-1][name].prefix
        assert lives[0][name].prefix == lives[1][name].prefix, "nobody seals with a key that others do not have yet"


def test_beginning_twice_makes_one_new_sealing_key(folder: Path) -> None:
    rotation.seal_begin(folder)
    rings = [keys.seal_file(folder, name).read_text() for name in keys.SEALING]
    rotation.seal_begin(folder)
    assert [keys.seal_file(folder, name).read_text() for name in keys.SEALING] == rings


def sealers(folder: Path) -> dict[str, Sealer]:
    """As processes started now would seal and open."""
    return {name: Sealer.from_file(keys.seal_file(folder, name)) for name in keys.SEALING}
