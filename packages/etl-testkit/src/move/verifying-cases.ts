import assert from 'node:assert/strict'
import type { Json, StoredForm } from '@millrace/etl-core'
import type { ContractCase } from '../case.js'
import { onlooker } from '../crash/world.js'
import { moveCase } from './case-kit.js'
import { assertEnded } from './ended.js'
import type { Meanwhile } from './guarded.js'
import type { MoveSuite, MoveWorld } from './suite.js'

/** What must agree before anything is removed. */
export function verifyingCases<T, W extends MoveWorld<T>>(suite: MoveSuite<T, W>): ContractCase[] {
  return [
    ...spoilt.map(([what, spoil]) =>
      moveCase(suite, `${what} is read back: nothing is removed, and the move says ETL_MOVE_UNVERIFIED`, async kit => {
        const { world, add, run } = kit
        const rows = await add(0, 1, 2, 3)
        const { removal } = (await world.open(onlooker)).source

        const unverified = await run(spoil(removal?.key ?? []))

        assertEnded(unverified, 'failed', 'ETL_MOVE_UNVERIFIED')
        assert.equal((await world.left()).length, rows.length, 'rows were removed though the move was not verified')
        const again = await run()
        assertEnded(again, 'succeeded')
        assert.equal(again.loadId, unverified.loadId, 'the move that was not verified was not finished, but another begun')
        await kit.sees({ moved: rows, left: [] }, 'once the destination was read as it is')
      }),
    ),
    moveCase(
      suite,
      'what was changed in the destination before it was read back keeps every row at the source, and the move says ETL_MOVE_UNVERIFIED',
      async ({ world, add, run }) => {
        const rows = await add(0, 1, 2, 3)
        let tampered = false
        const tamper = async () => {
          if (tampered) return
          tampered = true
          await world.tamper?.()
        }
        const kept = async () => assert.equal((await world.left()).length, rows.length, 'rows were removed, and are lost')

        assertEnded(await run({ published: tamper }), 'failed', 'ETL_MOVE_UNVERIFIED')
        await kept()

        // Someone else's change may be left as it is, or be set right.
        if ((await run()).status === 'failed') await kept()
        else assert.equal((await world.moved()).length, rows.length)
      },
      { skip: !suite.tampers && 'the suite was not told that its worlds can `tamper` with what was published', tampered: true },
    ),
    moveCase(suite, 'verified by the number of records alone, a move ends like any other', async ({ add, run, sees }) => {
      const rows = await add(0, 1, 2, 3, 4)

      assertEnded(await run({}, { verify: 'counts' }), 'succeeded')

      await sees({ moved: rows, left: [] }, 'after the move')
    }),
    moveCase(suite, 'verified by the number of records alone, one that is not read back keeps all at the source', async kit => {
      const rows = await kit.add(0, 1, 2, 3)

      assertEnded(await kit.run(lossy(), { verify: 'counts' }), 'failed', 'ETL_MOVE_UNVERIFIED')

      assert.equal((await kit.world.left()).length, rows.length, 'rows were removed though the move was not verified')
      assertEnded(await kit.run({}, { verify: 'counts' }), 'succeeded')
      await kit.sees({ moved: rows, left: [] }, 'once the destination was read as it is')
    }),
  ]
}

/** What else than what was written is read back. */
const spoilt: readonly (readonly [what: string, spoil: (key: readonly string[]) => Meanwhile])[] = [
  ['a record less', () => lossy()],
  ['a record twice in place of another', () => ({ readBack: doubling() })],
  ['another value', key => ({ readBack: forms => forms.map((form, at) => (at === 0 ? withOtherValue(form, key) : form)) })],
]

/** The first record of whatever is read is left out. */
const lossy = (): Meanwhile => ({ readBack: forms => forms.slice(1) })

/** Every record is read as the first one of all. */
function doubling(): (forms: readonly StoredForm[]) => readonly StoredForm[] {
  let first: StoredForm | undefined
  return forms => {
    first ??= forms[0]
    return forms.map(form => first ?? form)
  }
}

/** A field that is no key has another value; where there are only keys, one field more. */
function withOtherValue(form: StoredForm, key: readonly string[]): StoredForm {
  const name = Object.keys(form).find(each => !key.includes(each)) ?? 'one more'
  const other: Json = form[name] === 'another' ? 'yet another' : 'another'
  return { ...form, [name]: other }
}
