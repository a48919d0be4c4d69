export { type LambdaContext, type LambdaHandler, type LambdaOptions, lambdaHandler, RunFailed } from './handler.js'
