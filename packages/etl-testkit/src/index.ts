export * from './cases.js'
export { describeObjectStore, describeStateStore } from './describe-stores.js'
export { describeCases } from './register.js'
