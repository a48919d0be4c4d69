import { library } from '../../tsup.library.js'

export default library({ entry: ['src/index.ts', 'src/lambda.ts'] })
