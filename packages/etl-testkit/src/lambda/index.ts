export { type Invoked, startLambda, type TestFunction, type TestLambda, testFunctionArn } from './start-lambda.js'
