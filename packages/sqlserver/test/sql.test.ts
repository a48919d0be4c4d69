import { expect, test } from 'vitest'
import { differsSql } from '../src/sql.js'

test.each([
  [{ kind: 'bytes' }, '(a <> b OR DATALENGTH(a) <> DATALENGTH(b)'],
  [{ kind: 'string' }, '(CAST(a AS VARBINARY(MAX)) <> CAST(b AS VARBINARY(MAX)) OR DATALENGTH(a) <> DATALENGTH(b)'],
  [{ kind: 'int64' }, '(a <> b'],
] as const)('a change of %j is noticed where only zeros at the end, blanks or case are others', (type, compared) => {
  expect(differsSql(type, 'a', 'b')).toBe(`${compared} OR (a IS NULL AND b IS NOT NULL) OR (a IS NOT NULL AND b IS NULL))`)
})
