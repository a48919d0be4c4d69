import { library } from '../../tsup.library.js'

// The command finds the packages beside itself through `import.meta.url`, which CJS has only with tsup's shim.
export default library({ shims: true })
