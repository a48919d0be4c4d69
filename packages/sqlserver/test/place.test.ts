import { parsePlace } from '@millrace/etl-core'
import { expect, test } from 'vitest'
import { serverPlace } from '../src/place.js'

const placeOf = (text: string) => serverPlace(parsePlace(text))

test.each([
  ['sqlserver://db.example.com/plants', { host: 'db.example.com', port: 1433, database: 'plants' }],
  ['sqlserver://localhost:14330/plants/', { host: 'localhost', port: 14330, database: 'plants' }],
  ['sqlserver://[::1]:1433/plants', { host: '::1', port: 1433, database: 'plants' }],
  ['sqlserver://h/my%20plants', { host: 'h', port: 1433, database: 'my plants' }],
  [
    'sqlserver://h/plants?encrypt=true&trustServerCertificate=true',
    { host: 'h', port: 1433, database: 'plants', encrypt: true, trustServerCertificate: true },
  ],
])('%s is understood', (text, expected) => {
  expect(placeOf(text)).toEqual(expected)
})

test.each([
  ['sqlserver:plants', 'two slashes'],
  ['sqlserver://h', 'names no database'],
  ['sqlserver://h/', 'names no database'],
  ['sqlserver://h/a/b', 'names no database'],
  ['sqlserver:///plants', 'names no server'],
  ['sqlserver://h\\instance/plants', 'instances have a port'],
  ['sqlserver://h:99999/plants', 'has a port that is none'],
  ['sqlserver://h/plants?timeout=1', '"timeout"'],
  ['sqlserver://h/plants?encrypt=maybe', 'neither true nor false'],
])('%s is refused', (text, words) => {
  expect(() => placeOf(text)).toThrowError(
    expect.objectContaining({ code: 'ETL_PLACE_INVALID', message: expect.stringContaining(words) }),
  )
})

test.each(['sqlserver://sa@h/plants', 'sqlserver://sa:secret@h/plants'])(
  'a user in a place is refused, and not repeated: %s',
  text => {
    expect(() => placeOf(text)).toThrowError(
      expect.objectContaining({ code: 'ETL_PLACE_SECRET', message: expect.not.stringMatching(/secret|sa@/) }),
    )
  },
)
