/**
 * Makes a client of the AWS SDK without its warning that releases of 2027 will want Node 22: the SDK is pinned below those. Only that warning
 * is dropped, and only while the client is made.
 */
export function quietly<R>(make: () => R): R {
  const emit = process.emitWarning
  process.emitWarning = ((warning: string | Error, ...rest: []) => {
    if (!String(warning).startsWith('NodeVersionSupportWarning')) emit.call(process, warning, ...rest)
  }) as typeof process.emitWarning
  try {
    return make()
  } finally {
    process.emitWarning = emit
  }
}
