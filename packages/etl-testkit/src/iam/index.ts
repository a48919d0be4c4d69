export { type IamJudge, type IamPolicy, type IamRequest, type IamStatement, iamJudge } from './judge.js'
export { policyFrom } from './policy-from.js'
