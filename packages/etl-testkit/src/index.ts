export * from './cases.js'
export { describeCrashes } from './describe-crashes.js'
export { describeObjectStore, describeStateStore } from './describe-stores.js'
export { describeCases } from './register.js'
