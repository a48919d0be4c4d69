/**
 * One call per package, made on the packed and installed package as ESM and as CJS. It should run the code whose dependencies
 * could be bundled wrongly. Each function is sent to another process as text, so it uses nothing but its argument.
 */
export const packageCalls = {}
