import { expect, test, vi } from 'vitest'
import { duckdbClient } from '../src/client.js'
import { databaseAt } from '../src/database.js'
import { tempDatabase } from './support/temp.js'

test('a file that nobody wants any more when it has opened is closed again', async () => {
  const { DuckDBInstance } = await duckdbClient()
  const open = DuckDBInstance.fromCache
  const stop = new AbortController()
  let closing: ReturnType<typeof vi.spyOn> | undefined
  const slowly = vi.spyOn(DuckDBInstance, 'fromCache').mockImplementationOnce(async (...where) => {
    stop.abort(new Error('given up'))
    // Longer than a file is kept open that nobody uses.
    await new Promise(resolve => setTimeout(resolve, 400))
    const instance = await open.apply(DuckDBInstance, where)
    closing = vi.spyOn(instance, 'closeSync')
    return instance
  })

  await expect(databaseAt(await tempDatabase()).borrow(stop.signal)).rejects.toThrow('given up')

  await vi.waitFor(() => expect(closing).toHaveBeenCalled(), { timeout: 2_000 })
  slowly.mockRestore()
})

test('who comes when others have just given up opening the file gets it', async () => {
  const database = databaseAt(await tempDatabase())
  const stop = new AbortController()
  const first = database.borrow(stop.signal)
  stop.abort(new Error('given up'))
  await expect(first).rejects.toThrow('given up')

  const second = await database.borrow()

  expect(database.inUse).toBe(1)
  second.release()
})
