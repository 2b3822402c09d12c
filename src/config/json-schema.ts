import * as z from 'zod/mini'
import { version } from '../version.ts'
import { configSchema } from './schema.ts'

/** The JSON Schema of byoo.yaml, for editors; made by the build from the schema that validates it. */
export function configJsonSchema(): Record<string, unknown> {
  return {
    title: `byoo.yaml of byoo ${version}`,
    ...z.toJSONSchema(configSchema, { io: 'input', target: 'draft-07' }),
  }
}
