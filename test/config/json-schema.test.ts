import { expect, test } from 'vitest'
import { configJsonSchema, configSchema } from '../../src/config/schema.ts'

test('the JSON Schema knows every key of byoo.yaml and no other', () => {
  const schema = configJsonSchema() as {
    properties: Record<string, { items?: { properties: object; required: string[] }; description?: string }>
    additionalProperties: boolean
  }
  expect(Object.keys(schema.properties)).toEqual(Object.keys(configSchema.shape))
  expect(schema.additionalProperties).toBe(false)
  expect(schema.properties.credentials?.items?.required).toEqual(['provider'])
  expect(Object.keys(schema.properties.credentials?.items?.properties ?? {})).toContain('client_secret')
  for (const { description } of Object.values(schema.properties)) expect(description).toMatch(/\.$/)
  expect(JSON.stringify(schema.properties.credentials)).toContain('"required":["file"]')
})
