"""What the verifier finds in a real database, whoever has had their hands in it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.incidents.domain.seal import FaultKind
from services.incidents.verifying import command
from services.incidents.verifying.actions import verify
from tests.integration.incidents.hall import Hall


async def meddle(hall: Hall, *statements: str) -> None:
    """As somebody who owns the tables and switches their guards off."""
    async with hall.database.transaction() as transaction:
        await transaction.execute("ALTER TABLE history DISABLE TRIGGER history_stays")
        for statement in statements:
            await transaction.execute(statement.encode())
        await transaction.execute("ALTER TABLE history ENABLE TRIGGER history_stays")


async def found(hall: Hall) -> list[tuple[int, FaultKind]]:
    verdict = await verify(hall.database, until=hall.clock.now())
    return [(fault.sequence, fault.kind) for fault in verdict.faults]


async def test_every_line_is_sealed_as_it_is_written_and_any_edit_is_found(
    hall: Hall, capsys: pytest.CaptureFixture[str]
) -> None:
    case = await hall.closed(description='井盖"破损"\n第二行\t制表')
    await hall.report()
    verdict = await verify(hall.database, until=hall.clock.now())
    assert (verdict.cases, verdict.lines, verdict.faults) == (2, 11, ())
    assert await command.run(hall.database, ["--until", "2099-01-01T00:00:00+00:00"]) == 0
    assert "0 faults" in capsys.readouterr().out

    await meddle(hall, f"UPDATE history SET opinion = '从未退回' WHERE incident_id = '{case.id}' AND sequence = 7")
    assert await found(hall) == [(7, FaultKind.CHANGED)]
    assert await command.run(hall.database, []) == 1
    assert f"changed\tcase {case.id}\tline 7" in capsys.readouterr().out
    await meddle(hall, f"DELETE FROM history WHERE incident_id = '{case.id}' AND sequence = 7")
    assert await found(hall) == [(7, FaultKind.MISSING), (8, FaultKind.CHANGED)]


async def test_a_line_that_was_cut_off_or_moved_is_found(hall: Hall) -> None:
    case = await hall.dispatched()
    await meddle(hall, f"DELETE FROM history WHERE incident_id = '{case.id}' AND sequence = 4")
    assert await found(hall) == [(4, FaultKind.CUT_OFF)]
    await meddle(
        hall,
        f"UPDATE history SET sequence = 9 WHERE incident_id = '{case.id}' AND sequence = 2",
        f"UPDATE history SET sequence = 2 WHERE incident_id = '{case.id}' AND sequence = 3",
        f"UPDATE history SET sequence = 3 WHERE incident_id = '{case.id}' AND sequence = 9",
    )
    assert (2, FaultKind.CHANGED) in await found(hall)


async def test_a_history_forged_seals_and_all_has_another_fingerprint(hall: Hall) -> None:
    case = await hall.dispatched()
    until = hall.clock.now()
    kept = (await verify(hall.database, until=until)).fingerprint
    hall.clock.advance(timedelta(minutes=1))
    await hall.report()
    assert (await verify(hall.database, until=until)).fingerprint == kept  # later lines do not touch it
    forged = f"""
        WITH gone AS (DELETE FROM history WHERE incident_id = '{case.id}' AND sequence >= 3 RETURNING *)
        SELECT 1"""
    async with hall.database.transaction() as transaction:
        await transaction.execute("ALTER TABLE history DISABLE TRIGGER history_stays")
        rows = await (
            await transaction.execute(b"SELECT * FROM history WHERE incident_id = %s ORDER BY sequence", [case.id])
        ).fetchall()
        await transaction.execute(forged.encode())
    assert len(rows) == 4
    async with hall.database.connection() as connection:
        for row in rows[2:]:
            opinion = "伪造" if row["sequence"] == 3 else row["opinion"]
            await connection.execute(
                b"""INSERT INTO history (incident_id, sequence, event, from_state, to_state, actor, role, receiver,
                                         opinion, at, elapsed_s, overdue, evidence, deadline_at)
                    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '[]', %s)""",
                [
                    *(row["incident_id"], row["sequence"], row["event"], row["from_state"], row["to_state"]),
                    *(row["actor"], row["role"], row["receiver"], opinion, row["at"], row["elapsed_s"]),
                    *(row["overdue"], row["deadline_at"]),
                ],
            )
    verdict = await verify(hall.database, until=until)
    assert verdict.faults == ()  # each seal fits, because the forger had the database seal anew
    assert verdict.fingerprint != kept
    words = ["--until", until.isoformat(), "--fingerprint", kept]
    assert await command.run(hall.database, words) == 1
