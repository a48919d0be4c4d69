export { countedClient } from './counted-client.js'
export { checkEndpoint, endpointIn, endpointProblems, isCustom } from './endpoint.js'
export { byNetworkCode, credentialsAdvice, expiredAdvice, type NetworkRow } from './network-errors.js'
export { quietly } from './quietly.js'
export {
  clockHint,
  isSdkError,
  nameOf,
  networkCodes,
  retryAfter,
  type SdkError,
  saidBy,
  sentences,
  slimCause,
} from './sdk-error.js'
export { type ClientWay, sharing } from './shared-client.js'
