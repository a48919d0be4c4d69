export {
  busEvent,
  ruleSchedule,
  s3BusEvent,
  s3Notification,
  s3Removal,
  s3TestEvent,
  snsEvent,
  sqsEvent,
  sqsRecord,
  urlRequest,
} from './events.js'
export { type PolledBatch, type PolledQueue, pollQueue, type QueuedMessage } from './queue-mapping.js'
export { type Invoked, startLambda, type TestFunction, type TestLambda, testFunctionArn } from './start-lambda.js'
