import './byoo.ts'

// With other flags of V8 than at the build (NODE_OPTIONS=--max-old-space-size=64), Node ≥ 24 compiles instead of using
// its cache and warns in the next turn: true, but nothing that anybody has to do something about.
const listeners = process.listeners('warning')
process.removeAllListeners('warning').on('warning', (warning) => {
  if (warning.message === 'Code cache data rejected.') return
  for (const listener of listeners) listener.call(process, warning)
})
